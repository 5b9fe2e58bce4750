"""The Prometheus metrics of a process that delivers notifications."""

from prometheus_client import CollectorRegistry

from anomaly_stream.ops.process_metrics import ProcessMetrics

_SECONDS = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)


class NotifierMetrics(ProcessMetrics):
    """The metrics of `anomaly-stream notify`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.events = self.counter("notify_events", "Alert events read.")
        self.suppressed = self.counter(
            "notify_suppressed", "Alert events that a silence suppresses: they are not delivered."
        )
        self.dropped = self.counter(
            "notify_dropped",
            "Alert events that only routes to receivers without an integration take: they are not delivered.",
        )
        self.unknown = self.counter(
            "notify_unknown", "Ends of alerts that no receiver was notified of: they are not delivered."
        )
        self.delivered = self.counter("notify_delivered", "Messages delivered, by receiver.", "receiver")
        self.retried = self.counter(
            "notify_retried", "Failed attempts that are repeated, by receiver.", "receiver"
        )
        self.failed = self.counter(
            "notify_failed", "Messages given up: they are on the undelivered topic, by receiver.", "receiver"
        )
        self.queued = self.gauge("notify_queued", "Messages not yet delivered, by receiver.", "receiver")
        self.circuit_open = self.gauge(
            "notify_circuit_open",
            "1 while messages wait for a receiver that fails again and again, else 0.",
            "receiver",
        )
        self.latency = self.histogram(
            "notify_latency_seconds",
            "Time from the event time of an alert event to its delivery, by receiver.",
            _SECONDS,
            "receiver",
        )
