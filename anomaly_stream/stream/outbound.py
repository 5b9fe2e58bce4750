"""The output of a pipeline as records for the topics."""

from collections.abc import Callable

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Fault, RecordColumns
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.publisher import OutboundRecord

#: Kafka's default limit for a record batch is 1 MiB, including headers and framing.
MAX_DEAD_LETTER_BYTES = 900_000
MAX_DEAD_LETTER_KEY_BYTES = 64_000


def outbound_records(
    output: Output, records: RecordColumns, names: TopicNames, metrics: WorkerMetrics
) -> list[OutboundRecord]:
    """Alerts, scores, members of groups and dead letters of one slice, in that order."""
    published = [
        OutboundRecord(
            names.alerts,
            alert.key,
            alert.value,
            on_ack=_latency(metrics, int(records.timestamp_ms[alert.record])),
        )
        for alert in output.alerts
    ]
    published += [OutboundRecord(names.scores, score.key, score.value) for score in output.scores]
    published += [OutboundRecord(names.groups, member.key, member.value) for member in output.members]
    published += [_dead_letter(fault, records, names.dead_letter) for fault in output.faults]
    return published


def _latency(metrics: WorkerMetrics, timestamp_ms: int) -> Callable[[float], None] | None:
    if timestamp_ms < 0:
        return None
    return lambda now: metrics.event_to_alert_seconds.observe(max(0.0, now - timestamp_ms / 1000))


def _dead_letter(fault: Fault, records: RecordColumns, topic: str) -> OutboundRecord:
    """The unchanged record, with the reason and the source in its headers.

    A record at its topic's size limit would exceed the limit of the dead-letter topic with these headers, and
    no restart of the worker would get past it. Such a record is cut, and a header gives its original length.
    """
    value = records.value(fault.record)
    headers = [
        ("reason", fault.reason.value.encode()),
        ("detail", fault.detail.encode()),
        ("source-topic", records.topic.encode()),
        ("source-partition", str(records.partition).encode()),
        ("source-offset", str(int(records.offset[fault.record])).encode()),
    ]
    if value is not None and len(value) > MAX_DEAD_LETTER_BYTES:
        headers.append(("original-length", str(len(value)).encode()))
        value = value[:MAX_DEAD_LETTER_BYTES]
    return OutboundRecord(topic, _short_key(records.key(fault.record)), value, headers=tuple(headers))


def _short_key(key: bytes | None) -> bytes | None:
    return key if key is None else key[:MAX_DEAD_LETTER_KEY_BYTES]
