"""From the pipeline's output to records for the topics."""

from collections.abc import Callable

from anomaly_stream.engine.pipeline import Output
from anomaly_stream.model import Fault, RecordColumns
from anomaly_stream.stream.publisher import OutboundRecord
from anomaly_stream.stream.topics import TopicNames
from anomaly_stream.telemetry import Telemetry


def outbound_records(
    output: Output, records: RecordColumns, names: TopicNames, telemetry: Telemetry
) -> list[OutboundRecord]:
    """Alerts, scores and dead letters of one slice, in that order."""
    published = [
        OutboundRecord(
            names.alerts,
            alert.key,
            alert.value,
            on_ack=_latency(telemetry, int(records.timestamp_ms[alert.record])),
        )
        for alert in output.alerts
    ]
    published += [OutboundRecord(names.scores, score.key, score.value) for score in output.scores]
    published += [_dead_letter(fault, records, names.dead_letter) for fault in output.faults]
    return published


def _latency(telemetry: Telemetry, timestamp_ms: int) -> Callable[[float], None] | None:
    if timestamp_ms < 0:
        return None
    return lambda now: telemetry.event_to_alert_seconds.observe(max(0.0, now - timestamp_ms / 1000))


def _dead_letter(fault: Fault, records: RecordColumns, topic: str) -> OutboundRecord:
    """The record as it came; why and whence in the headers."""
    return OutboundRecord(
        topic,
        records.key(fault.record),
        records.value(fault.record),
        headers=(
            ("reason", fault.reason.value.encode()),
            ("detail", fault.detail.encode()),
            ("source-topic", records.topic.encode()),
            ("source-partition", str(records.partition).encode()),
            ("source-offset", str(int(records.offset[fault.record])).encode()),
        ),
    )
