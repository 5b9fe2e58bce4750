"""Which series a message shows, and that a message needs no picture."""

import logging
from collections.abc import Sequence

import pytest

from anomaly_stream.errors import BrokerError
from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.state import AlertNews, Message
from tests.history.messages import NOW
from tests.notify.world import event, message, with_pictures, without_pictures


def test_the_most_severe_alert_is_shown() -> None:
    asked: list[str] = []

    def read(one: AlertEvent) -> Sequence[tuple[float, float]]:
        asked.append(one.event_id)
        return [(NOW, 1.0)]

    news = tuple(AlertNews(None, (event(a, severity=s),)) for a, s in (("a", "minor"), ("b", "severe")))
    picture = Pictures(read).of(Message("m", "g", "team", {}, NOW, False, 2, news))
    assert asked == ["b-firing"]
    assert picture is not None
    assert picture.startswith(b"\x89PNG")


def test_the_same_message_has_the_same_picture() -> None:
    assert with_pictures().of(message(event("a"))) == with_pictures().of(message(event("a")))


def test_a_series_without_values_has_no_picture() -> None:
    assert without_pictures().of(message(event("a"))) is None


def test_values_that_cannot_be_read_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def read(_: AlertEvent) -> Sequence[tuple[float, float]]:
        raise BrokerError("Kafka is gone")

    with caplog.at_level(logging.WARNING):
        assert Pictures(read).of(message(event("a"))) is None
    assert "Message a-firing to team has no picture: Kafka is gone" in caplog.text
