"""The feed of live alerts on a broker: the latest events, each once, with the silences that suppress them."""

import time
from collections.abc import Callable

import pytest

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka import alerts_feed
from anomaly_stream.kafka.alerts_feed import AlertsFeed
from anomaly_stream.kafka.feedback_topic import FeedbackWriter, decode_feedback
from anomaly_stream.kafka.silences_topic import SilencesTopic, silences_view
from anomaly_stream.model.silence import SilenceRecord
from tests.history.messages import feedback
from tests.kafka.test_alerts_topic import Alerts


@pytest.fixture
def alerts(kafka: str, namespace: str) -> Alerts:
    return Alerts(kafka, namespace)


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_latest_events_are_kept_once_and_followed(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alerts_feed, "KEPT_EVENTS", 4)
    monkeypatch.setattr(alerts_feed, "_AT_START", 2)
    monkeypatch.setattr(alerts_feed, "_RETRY_S", 0.05)
    failures = ["once"]

    def judge(event: object, _: int) -> tuple[str, ...]:
        if failures:
            raise BrokerError(failures.pop())
        return ("s1",) if event.event_id == "b2" else ()  # type: ignore[attr-defined]

    alerts.publish("a0", "a1", "a2", "b1")
    feed = AlertsFeed(alerts.settings, judge)
    feed.start()
    try:
        wait(lambda: feed.fault is None)
        number, positions = feed.now()
        assert (number, dict(positions)) == (3, {0: 1, 1: 3})
        assert sorted(each.event.event_id for each in feed.since({0: 0, 1: 1}).events) == ["a1", "a2", "b1"]
        assert feed.since({0: 0, 1: 0}).missed
        assert not feed.since({0: 0, 1: 1}).missed
        assert feed.since({0: 0, 1: 4}).missed  # of a topic that was deleted and created again
        assert feed.since({7: 1}).missed

        alerts.publish_bytes(("a", b"{rubbish"))
        alerts.publish("a2", "b2")
        wait(lambda: feed.now()[0] == 4)
        latest = feed.after(number)
        assert [(each.event.event_id, each.suppressed_by) for each in latest.events] == [("b2", ("s1",))]
        assert not latest.missed
        alerts.publish("b3", "b4")
        wait(lambda: feed.now()[0] == 6)
        assert feed.after(0).missed
        assert len(feed.after(2).events) == 4
        assert feed.since(positions).missed is False
    finally:
        feed.close()
    assert "is not an alert event" in caplog.text
    assert caplog.text.count("are tried again: once") == 1


def test_silences_and_feedback_are_durable(alerts: Alerts) -> None:
    document = {"owner": "payments", "reason": "work", "until": "2099-01-01T00:00:00Z"}
    record = SilenceRecord(id="s1", author="ann", created_at_ms=1, silence=document)
    with silences_view(alerts.settings) as view:
        topic = SilencesTopic(alerts.settings, view)
        topic.write(record)
        assert [each.id for each in topic.all()] == ["s1"]
        topic.delete("s1")
        assert topic.all() == []
    FeedbackWriter(alerts.settings).write(decode_feedback(feedback("a")))
