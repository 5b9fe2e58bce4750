"""``/v1/groups``: the configs of groups."""

from anomaly_stream.api.routes.resource import Resource, router_of

_EXAMPLE = {"id": "web", "members": {"latency": "checkout_latency_ms", "load": "cpu_load"}, "by": ["host"]}

router = router_of(Resource("group", "GroupConfig", True, _EXAMPLE))
