"""``/v1/configs``: the configs of single metrics."""

from anomaly_stream.api.routes.resource import Resource, router_of

_EXAMPLE = {"metric": "checkout_latency_ms", "match": {"env": "prod"}}

router = router_of(Resource("config", "AnomalyDetectionConfig", False, _EXAMPLE))
