"""How long the values before alerts take to read back from Kafka: ``python -m benchmarks.alert_values``."""

import time
from collections.abc import Iterator
from statistics import median

import msgspec
import numpy as np
import orjson
from confluent_kafka import Producer

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.kafka.alert_values import length_of, values_before
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.model.evidence import GroupEvidence, MemberEvidence
from anomaly_stream.settings import Settings, load_settings
from tests.brokers import start_broker
from tests.history.messages import NOW, alert_event

VALUES = 60
RECORDS = 200_000
ALERTS = (1, 100, 3_000)
SERIES = (10, 300, 3_000)
"""Series of one partition: 60 values of one are within 2,000, 20,000 and 200,000 records."""
MEMBERS = 8
INSTANCES = 300
"""Groups of one partition, each with a message of a value per member in turn."""
ROUNDS = 3
_STEP_S = 1.0


def _fill(bootstrap: str, topic: str, records: Iterator[tuple[bytes, bytes]]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 0})
    for n, (key, value) in enumerate(records):
        producer.produce(topic, value, key, partition=0)
        if n % 10_000 == 0:
            producer.poll(0)
    if producer.flush(60):
        raise SystemExit("the broker does not take the records")


def _of_series(series: int) -> Iterator[tuple[bytes, bytes]]:
    for n in range(RECORDS):
        labels = {"host": f"host-{n % series}"}
        document = {"metric": "load", "labels": labels, "timestamp": NOW + _STEP_S * n, "value": float(n)}
        yield b"", orjson.dumps(document)


def _of_groups() -> Iterator[tuple[bytes, bytes]]:
    values = np.zeros(MEMBERS, VALUE)
    values["member"] = [member_number(f"member-{number}") for number in range(MEMBERS)]
    for n in range(RECORDS):
        values["time"], values["value"] = NOW + _STEP_S * n, float(n)
        yield Series.of("load", {"host": f"host-{n % INSTANCES}"}).key, encode_values(values)


def _group_event(topic: str, offset: int, instances: int) -> AlertEvent:
    event = _event(topic, offset, instances)
    share = MemberEvidence(event.value, None, 1.0 / MEMBERS)
    members = {f"member-{number}": share for number in range(MEMBERS)}
    return msgspec.structs.replace(event, group=GroupEvidence(members, []))


def _event(topic: str, offset: int, series: int) -> AlertEvent:
    at = NOW + _STEP_S * offset
    subject = Series.of("load", {"host": f"host-{offset % series}"})
    source = {"topic": topic, "partition": 0, "offset": offset}
    alert = alert_id("load", subject, at)
    return decode_alert(alert_event(alert, at=at, start=at, value=float(offset), source=source))


def _settings(bootstrap: str, series: int) -> Settings:
    variables = {"KAFKA__BOOTSTRAP_SERVERS": bootstrap, "NAMESPACE": f"values-{series}"}
    return load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in variables.items()})


def main() -> None:
    """Measure, and print a line for each case."""
    broker, _ = start_broker()
    try:
        print(f"{broker.description}; {VALUES} values before each alert, median of {ROUNDS}")
        for series in SERIES:
            settings = _settings(broker.bootstrap, series)
            create_topics(settings)
            topic = TopicNames.of(settings).metrics[0]
            _fill(broker.bootstrap, topic, _of_series(series))
            for count in ALERTS:
                events = [_event(topic, RECORDS - 1 - n, series) for n in range(count)]
                print(f"{series:>6,} series, {count:>5,} alerts: {_measured(settings, events)}", flush=True)
        topic = TopicNames.of(settings).groups
        _fill(broker.bootstrap, topic, _of_groups())
        for count in ALERTS:
            events = [_group_event(topic, RECORDS - 1 - n, INSTANCES) for n in range(count)]
            print(f"{INSTANCES:>6,} groups, {count:>5,} alerts: {_measured(settings, events)}", flush=True)
    finally:
        broker.close()


def _measured(settings: Settings, events: list[AlertEvent]) -> str:
    seconds, cpu_seconds = [], []
    for number in range(ROUNDS + 1):
        began, cpu_began = time.perf_counter(), time.process_time()
        found = values_before(settings, events, VALUES, seconds=60.0)
        if number:  # the first round loads the compiled kernels
            seconds.append(time.perf_counter() - began)
            cpu_seconds.append(time.process_time() - cpu_began)
        if [length_of(values) for values in found.values()] != [VALUES] * len(events):
            raise SystemExit("values are missing")
    return f"{1000 * median(seconds):,.0f} ms, CPU {1000 * median(cpu_seconds):,.0f} ms"


if __name__ == "__main__":
    main()
