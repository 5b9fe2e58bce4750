"""The reader of the alerts topic: nothing is lost over a restart, and copies are dropped."""

import msgspec
import pytest
from confluent_kafka import Producer

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.formats.outcomes import encode
from anomaly_stream.kafka import alerts_topic
from anomaly_stream.kafka.alerts_topic import AlertsReader
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.settings import Settings
from tests.kafka.test_topics import settings_of

DOCUMENT = {
    "schema_version": 1,
    "alert_id": "alert",
    "status": "firing",
    "config_id": "load",
    "owner": "",
    "metric": "load",
    "labels": {},
    "annotations": {},
    "timestamp": 1.0,
    "value": 2.0,
    "expected": 1.0,
    "lower": 0.0,
    "upper": 1.5,
    "score": 90.0,
    "severity": "severe",
    "reason": "distance",
    "detectors": {},
    "episode": {"start": 1.0, "end": 1.0, "peak_score": 90.0, "peak_value": 2.0, "count": 1},
    "explanation": "load is 2",
    "source": {"topic": "metrics", "partition": 0, "offset": 0},
}


def event(event_id: str, **changes: str) -> AlertEvent:
    return msgspec.convert({**DOCUMENT, "event_id": event_id, **changes}, AlertEvent)


class Alerts:
    """The alerts topic of a namespace."""

    def __init__(self, bootstrap: str, namespace: str) -> None:
        self.settings: Settings = settings_of(bootstrap, namespace, TOPICS__PARTITIONS="2")
        create_topics(self.settings)
        self._producer = Producer({"bootstrap.servers": bootstrap})

    def publish(self, *event_ids: str) -> None:
        """An event for each id; those that begin with the same letter are in one partition."""
        self.publish_bytes(*((event_id[0], encode(event(event_id))) for event_id in event_ids))

    def publish_bytes(self, *messages: tuple[str, bytes | None]) -> None:
        for key, value in messages:
            self._producer.produce(TopicNames.of(self.settings).alerts, value, key, partition=ord(key) % 2)
        assert self._producer.flush(10) == 0

    def reader(self, group: str | None = "recorder") -> AlertsReader:
        return AlertsReader(self.settings, group)


@pytest.fixture
def alerts(kafka: str, namespace: str) -> Alerts:
    return Alerts(kafka, namespace)


def read(reader: AlertsReader, count: int, patience: int = 150) -> list[str]:
    """Ids of the next ``count`` events, and of those that come with them or soon after."""
    found: list[str] = []
    while len(found) < count and patience:
        found += [each.event_id for each in reader.poll()]
        patience -= 1
    for _ in range(3):
        found += [each.event_id for each in reader.poll()]
    return sorted(found)


def test_uncommitted_events_alone_are_repeated_after_a_restart(alerts: Alerts) -> None:
    alerts.publish("a1", "b1", "a2")
    with alerts.reader() as reader:
        assert read(reader, 3) == ["a1", "a2", "b1"]
        assert reader.commit()
        alerts.publish("a3", "b2")
        assert read(reader, 2) == ["a3", "b2"]  # a crash: not committed
    alerts.publish("b3")
    with alerts.reader() as reader:
        assert read(reader, 3) == ["a3", "b2", "b3"]
        assert reader.commit()
        assert reader.commit()
        assert reader.duplicates == 0
    alerts.publish("a4")
    with alerts.reader() as reader:
        assert read(reader, 1) == ["a4"]


def test_copies_are_dropped_over_a_restart_too(alerts: Alerts) -> None:
    alerts.publish("a1", "a2", "a1", "b1")
    with alerts.reader() as reader:
        assert read(reader, 3) == ["a1", "a2", "b1"]
        assert reader.duplicates == 1
        assert reader.commit()
    alerts.publish("a2", "b1", "a3")
    with alerts.reader() as reader:
        assert read(reader, 1) == ["a3"]
        assert reader.duplicates == 2
        assert reader.commit()
    with alerts.reader("notifier") as reader:  # another group reads for itself
        assert read(reader, 4) == ["a1", "a2", "a3", "b1"]
        assert reader.duplicates == 3


def test_the_number_of_ids_kept_is_bounded(alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_topic, "REMEMBERED_EVENTS", 2)
    alerts.publish("a1", "a2", "a3", "a3", "a1")
    with alerts.reader() as reader:
        assert read(reader, 4) == ["a1", "a1", "a2", "a3"]
        assert reader.duplicates == 1
        assert reader.commit()
    alerts.publish("a2", "a1")
    with alerts.reader() as reader:  # it has read a3 and a1 again
        assert read(reader, 1) == ["a2"]


def test_two_readers_of_a_group_share_the_partitions_and_lose_nothing(alerts: Alerts) -> None:
    published: list[str] = []
    found: dict[AlertsReader, set[str]] = {}
    with alerts.reader() as first, alerts.reader() as second:
        found = {first: set(), second: set()}
        for number in range(200):
            if not all(found.values()):
                published += [f"a{number}", f"b{number}"]
                alerts.publish(*published[-2:])
            for reader, ids in found.items():
                ids |= {each.event_id for each in reader.poll(timeout_s=0.1)}
                reader.commit()
            if all(found.values()) and set.union(*found.values()) == set(published):
                break
        assert all(found.values())
        assert set.union(*found.values()) == set(published)


def test_a_reader_without_a_group_reads_everything(alerts: Alerts) -> None:
    alerts.publish("a1", "b1", "a1")
    for _ in range(2):
        with alerts.reader(None) as reader:
            assert read(reader, 2) == ["a1", "b1"]
            assert reader.duplicates == 1


def test_a_record_that_is_no_event_is_counted_and_passed_over(
    alerts: Alerts, caplog: pytest.LogCaptureFixture
) -> None:
    alerts.publish_bytes(("a", b"{rubbish"), ("a", None))
    alerts.publish("a1")
    with alerts.reader() as reader:
        assert read(reader, 1) == ["a1"]
        assert reader.refused == 2
        assert "is not an alert event" in caplog.text
        assert reader.commit()
    with alerts.reader() as reader:
        assert read(reader, 1, patience=30) == []
        assert reader.refused == 0


def test_a_missing_topic_says_what_to_do(kafka: str, namespace: str) -> None:
    with pytest.raises(TopicError, match="topics create"):
        AlertsReader(settings_of(kafka, namespace))


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.consumer.TIMEOUT_S", 0.5)
    with pytest.raises(BrokerError, match="cannot be reached"):
        AlertsReader(settings_of("127.0.0.1:1", ""))
