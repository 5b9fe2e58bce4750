"""The Prometheus metrics of an API process."""

from prometheus_client import CollectorRegistry

from anomaly_stream.ops.process_metrics import ProcessMetrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class ApiMetrics(ProcessMetrics):
    """The metrics of an API process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.requests = self.counter(
            "api_requests", "Requests answered, by the status of the answer.", "status"
        )
        self.request_seconds = self.histogram(
            "api_request_seconds", "Time from a request to the end of its answer.", _SECONDS, "operation"
        )

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count one request of an operation of the OpenAPI document; `none` for an unknown path."""
        self.requests.labels(str(status)).inc()
        self.request_seconds.labels(operation).observe(seconds)
