"""Which series a message shows, and that a message needs no picture."""

import logging

import numpy as np
import pytest

from anomaly_stream.errors import BrokerError
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import GroupValues, MemberValues, PastValue, ValuesBefore
from anomaly_stream.notify.chart import Chart, draw_png
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.state import AlertNews, Message
from tests.history.messages import NOW
from tests.notify.world import event, message, with_pictures, without_pictures


def test_the_most_severe_alert_is_shown() -> None:
    asked: list[str] = []

    def read(one: AlertEvent) -> ValuesBefore:
        asked.append(one.event_id)
        return [PastValue(NOW, 1.0)]

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
    def read(_: AlertEvent) -> ValuesBefore:
        raise BrokerError("Kafka is gone")

    with caplog.at_level(logging.WARNING):
        assert Pictures(read).of(message(event("a"))) is None
    assert "Message a-firing to team has no picture: Kafka is gone" in caplog.text


def test_a_group_shows_the_member_with_the_largest_share() -> None:
    points = [PastValue(NOW - 60, 1.0), PastValue(NOW, 9.0)]
    members = [MemberValues("cpu", -0.62, points), MemberValues("disk", 0.38, points[:1])]
    found = Pictures(lambda _: GroupValues(members, ["load"])).of(message(event("a")))
    shown = Chart(
        "load{host=web-1}: cpu, -62% of the deviation",
        np.array([NOW - 60, NOW]),
        np.array([1.0, 9.0]),
        NOW,
        NOW,
        0.0,
        1.5,
    )
    assert found == draw_png(shown)


def test_a_group_whose_members_have_no_values_has_no_picture() -> None:
    empty = Pictures(lambda _: GroupValues([MemberValues("cpu", 0.6, [])], []))
    assert empty.of(message(event("a"))) is None
