"""The events of one alert, found on the alerts topic by its id."""

from typing import NamedTuple

import msgspec

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings


class NoSuchAlertError(AnomalyStreamError):
    """No event of an alert is on the alerts topic."""

    def __init__(self, settings: Settings, alert_id: str) -> None:
        topic = TopicNames.of(settings).alerts
        super().__init__(
            f"no event of alert {alert_id} is on topic {topic}: check the id, and the topic's retention"
        )


class PastAlert(NamedTuple):
    """An alert on the alerts topic."""

    fingerprint: str
    events: list[bytes]
    """Its events as they were published; copies are possible."""
    at_ms: int
    """Kafka timestamp of the first of them."""
    last_ms: int
    """And of the last."""


def find_alert(settings: Settings, alert_id: str) -> PastAlert:
    """The alert with this id: reads the whole alerts topic.

    Raises:
        NoSuchAlertError: the topic has no event of it.
        BrokerError: Kafka cannot be reached, or refused.
    """
    topic = TopicNames.of(settings).alerts
    values: list[bytes] = []
    times: list[int] = []
    key = b""
    wanted = b'"alert_id":' + msgspec.json.encode(alert_id)
    for records in read_past(settings, [topic], ReadBounds(), lambda value: wanted in value):
        values += [records.value(row) or b"" for row in range(len(records))]
        times += records.timestamp_ms.tolist()
        key = records.key(0) or b""
    if not values:
        raise NoSuchAlertError(settings, alert_id)
    return PastAlert(key.decode(), values, min(times), max(times))
