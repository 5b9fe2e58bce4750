"""Every Prometheus metric of a worker, in one typed list."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import FaultReason, Limit, OutcomeCounts, Severity
from anomaly_stream.model.alerts import AlertStatus
from anomaly_stream.model.baseline_loads import RefusalReason
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.ops.process_metrics import ProcessMetrics

_INSTANCES = "group_max_instances"
_BATCH_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_CHECKPOINT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class WorkerMetrics(ProcessMetrics):
    """The metrics of a worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)

        self.records = self.counter("records", "Kafka records read from the metrics topics.")
        self.observations = self.counter(
            "observations", "Observations decoded; an array message holds several."
        )
        self.unmatched = self.counter(
            "observations_unmatched", "Observations of series that neither a config nor a group watches."
        )
        self.scored = self.counter("observations_scored", "Observations scored, once for each config.")
        self.learned = self.counter(
            "observations_learned", "Observations that are learned and not scored (`learn`)."
        )
        self.learning = self.counter(
            "observations_learning",
            "Observations not scored because their baseline has too few values.",
        )
        self.not_learned = self.counter(
            "observations_not_learned", "Observations in a window of `maintenance`, which are not learned."
        )
        self.late = self.counter(
            "observations_late", "Observations dropped: older than the last one of their series."
        )
        self.duplicate = self.counter(
            "observations_duplicate", "Observations dropped: same time as the last one of their series."
        )
        self.ahead = self.counter(
            "observations_ahead",
            "Observations dropped: far ahead of the cadence of their series, unless further ones agree.",
        )
        self.replayed = self.counter(
            "observations_replayed",
            "Observations skipped after a restart: the state already includes them.",
        )
        self.refused = self.counter(
            "observations_refused",
            "Observations of series, or of group instances, that a limit excludes, counted per config.",
            "limit",
            [*(limit.label for limit in Limit), _INSTANCES],
        )
        self.dead_letters = self.counter(
            "dead_letters", "Records sent to the dead-letter topic.", "reason", [*map(str, FaultReason)]
        )
        severities = [severity.label for severity in Severity if severity is not Severity.NONE]
        self.anomalies = self.counter("anomalies", "Anomalous observations.", "severity", severities)
        self.known = self.counter(
            "anomalies_known",
            "Anomalous observations that opened no alert: feedback says that such a deviation is known.",
        )
        self.alerts = self.counter("alerts", "Alert events published.", "status", get_args(AlertStatus))
        self.alerts_withheld = self.counter(
            "alerts_withheld",
            "Alerts withheld when they opened: their owner had `worker.max_open_alerts` open.",
        )
        self.promised_alerts = self.gauge(
            "promised_alerts_per_week",
            "Alerts per week in normal times that `max_false_alarms` of a config promises for its judged "
            "series here, by their own steps; absent until one is judged.",
            "config",
        )
        self.promised_series = self.gauge("promised_series", "The series of this promise.", "config")
        self.opened_alerts = self.gauge(
            "opened_alerts_per_day",
            "Alerts per day of these series, true ones too, in up to 24 hours of their event time; absent "
            "until an hour of it is covered.",
            "config",
        )

        self.group_values = self.counter("group_values", "Values of members received by their group.")
        self.group_values_late = self.counter(
            "group_values_late", "Values of members dropped: their bucket was already closed."
        )
        self.group_values_ahead = self.counter(
            "group_values_ahead",
            "Values of members dropped: far ahead of their instance, unless further ones agree.",
        )
        self.group_values_unmatched = self.counter(
            "group_values_unmatched", "Values of members that belong to no group in force."
        )
        self.group_incomplete = self.counter(
            "group_intervals_incomplete", "Buckets of groups skipped because members were missing."
        )
        self.group_vectors = self.counter("group_vectors", "Vectors of groups, scored or learned.")
        self.group_instances = self.gauge("group_instances", "Group instances held.")
        self.group_members_missing = self.gauge(
            "group_members_missing",
            "Members that never sent a value, summed over the instances of the group here.",
            "config",
        )
        self.group_intervals_short = self.gauge(
            "group_intervals_short",
            "Instances of the group here with detectors for faster members: its `interval` is too short.",
            "config",
        )

        self.series_commands = self.counter(
            "series_commands",
            "Commands of `anomaly-stream series`: obeyed by a row, or without a row in this worker.",
            "result",
            ["obeyed", "no_row"],
        )
        self.series = self.gauge("series", "Series held, each with at least one baseline.")
        self.rows = self.gauge("rows", "Baselines held: one for each series and config.")
        self.expired = self.counter(
            "rows_expired", "Baselines removed because their series was idle for `series_ttl`."
        )
        self.heartbeats = self.counter(
            "heartbeats", "Heartbeats of partitions where nothing arrived, for configs with `no_data`."
        )
        self.silent_series = self.gauge(
            "silent_series",
            "Baselines whose series is silent for longer than their `no_data` allows.",
        )
        self.state_bytes = self.gauge(
            "state_bytes", "Memory used by baselines, in bytes; `worker.max_state_bytes` limits it."
        )
        self.state_bytes_limit = self.gauge("state_bytes_limit", "`worker.max_state_bytes`.")
        self.partitions = self.gauge("partitions", "Partitions held.")
        self.lag = self.gauge("lag", "Records not yet processed, by partition.", "topic", "partition")
        self.configs = self.gauge("configs", "Configs in force.")
        self.config_offset = self.gauge(
            "config_offset", "Offset after the last record of the configs topic that this process has read."
        )
        self.config_changes = self.counter("config_changes", "Config changes applied while running.")
        self.config_faults = self.counter("config_faults", "Records of the configs topic that were refused.")
        self.configs_refused = self.gauge(
            "configs_refused", "Configs whose newest record on the configs topic is refused."
        )
        self.baseline_offset = self.gauge(
            "baseline_offset",
            "Offset after the last record of the baselines topic that this process has read.",
        )
        self.baselines_taken = self.counter("baselines_taken", "Loaded baselines taken by a row.")
        self.baselines_waiting = self.gauge(
            "baselines_waiting",
            "Rows that take their loaded baseline once a value is later than the end of the history.",
        )
        self.baselines_refused = self.counter(
            "baselines_refused", "Loaded baselines not used.", "reason", [*RefusalReason, "unreadable"]
        )
        self.rebalances = self.counter("rebalances", "Rebalances that assigned partitions.")

        self.batch_seconds = self.histogram(
            "batch_seconds", "Time to process one slice of records.", _BATCH_SECONDS
        )
        self.checkpoint_seconds = self.histogram(
            "checkpoint_seconds", "Time of a checkpoint, including all acknowledgements.", _CHECKPOINT_SECONDS
        )
        self.checkpoint_timestamp = self.gauge(
            "checkpoint_timestamp_seconds", "Unix time of the last checkpoint that succeeded."
        )
        self.checkpoint_bytes = self.counter("checkpoint_bytes", "Bytes of state written by checkpoints.")
        self.checkpoint_failures = self.counter("checkpoint_failures", "Checkpoints that failed.")
        self.event_to_alert_seconds = self.histogram(
            "event_to_alert_seconds",
            "Time from the Kafka timestamp of a record to the acknowledgement of its alert event.",
            _LATENCY_SECONDS,
        )

    def observe(self, output: Output, records: int, seconds: float) -> None:
        """Count one processed slice of ``records`` Kafka records, which took ``seconds``."""
        if output.outcome is not None:
            self.records.inc(records)
            self._count(output.outcome.counts)
        self._count_groups(output.group_counts)
        _add(self.baselines_taken, output.baselines.taken)
        for refusal in output.baselines.refused:
            self.baselines_refused.labels(refusal.reason).inc()
        for fault in output.faults:
            self.dead_letters.labels(fault.reason.value).inc()
        self.observe_heartbeat(output)
        self.batch_seconds.observe(seconds)

    def observe_heartbeat(self, output: Output) -> None:
        """Count the events that a heartbeat caused."""
        for alert in output.alerts:
            self.alerts.labels(alert.body.status).inc()
        _add(self.alerts_withheld, output.withheld.total())

    def _count(self, counts: OutcomeCounts) -> None:
        _add(self.observations, counts.observations)
        _add(self.unmatched, counts.unmatched)
        _add(self.scored, counts.scored)
        _add(self.learned, counts.learned)
        _add(self.learning, counts.learning)
        _add(self.not_learned, counts.not_learned)
        _add(self.late, counts.late)
        _add(self.duplicate, counts.duplicate)
        _add(self.ahead, counts.ahead)
        _add(self.replayed, counts.replayed)
        for limit, refused in zip(Limit, counts.refused, strict=True):
            _add(self.refused, refused, limit.label)
        _add(self.expired, counts.expired)
        _add(self.anomalies, counts.minor, "minor")
        _add(self.anomalies, counts.moderate, "moderate")
        _add(self.anomalies, counts.severe, "severe")
        _add(self.known, counts.known)

    def _count_groups(self, counts: GroupCounts) -> None:
        _add(self.group_values, counts.values)
        _add(self.group_values_late, counts.late)
        _add(self.group_values_ahead, counts.ahead)
        _add(self.group_values_unmatched, counts.unmatched)
        _add(self.refused, counts.refused, _INSTANCES)
        _add(self.group_incomplete, counts.incomplete)
        _add(self.group_vectors, counts.vectors)
        for severity, anomalies in zip(("minor", "moderate", "severe"), counts.anomalies, strict=True):
            _add(self.anomalies, anomalies, severity)


def _add(counter: Counter, count: int, *labels: str) -> None:
    """Add ``count``, which is mostly 0; every slice comes here, and each addition takes a lock."""
    if count:
        (counter.labels(*labels) if labels else counter).inc(count)
