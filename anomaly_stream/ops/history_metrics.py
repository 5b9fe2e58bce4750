"""The Prometheus metrics of a process that records the history."""

from prometheus_client import CollectorRegistry

from anomaly_stream.ops.process_metrics import ProcessMetrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TABLES = ("alert_events", "alert_values", "alerts", "anomalies", "config_versions", "configs", "feedback")


class HistoryMetrics:
    """The metrics of a recorder, added to those of its process."""

    def __init__(self, process: ProcessMetrics) -> None:
        self.rows = process.counter(
            "history_rows", "Rows of the history inserted or changed, by table.", "table", TABLES
        )
        self.copies = process.counter(
            "history_copies", "Alert events and anomalies read that the history held already."
        )
        self.refused = process.counter(
            "history_records_refused", "Records read that are no messages of their topic."
        )
        self.expired = process.counter(
            "history_records_expired",
            "Records read whose event time is older than `history.keep_days`: not recorded.",
        )
        self.without_values = process.counter(
            "history_events_without_values",
            "Events that begin or end an alert, of whose series or group Kafka has no value any more.",
        )
        self.values_wanted = process.gauge(
            "history_values_wanted",
            "Events that begin or end an alert, and whose values are still to be read from Kafka.",
        )
        self.missed = process.counter(
            "history_records_missed", "Records that Kafka deleted before they were recorded."
        )
        self.lag = process.gauge(
            "history_lag", "Records not yet in the history, by partition.", "topic", "partition"
        )
        self.database_up = process.gauge(
            "history_database_up", "1 if the recorder reaches the history's database, else 0."
        )
        self.write_seconds = process.histogram(
            "history_write_seconds", "Time to write one batch to the history.", _SECONDS
        )


class RecorderMetrics(ProcessMetrics):
    """The metrics of `anomaly-stream recorder`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.history = HistoryMetrics(self)
