"""A session with a journal, a reader and queues of the test: what it writes, and when."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.kafka.alerts_topic import ReceivedAlert
from anomaly_stream.notify.delivery import Result
from anomaly_stream.notify.dispatch import DeliveryError, ReceiverQueue, RetryPolicy
from anomaly_stream.notify.session import Session
from anomaly_stream.notify.state import Message
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from tests.notify.world import ROUTING, event, routing

REFUSED = DeliveryError("HTTP status 400", is_final=True, answer="no field x")


@dataclass
class Queues:
    """The queues of two receivers, whose attempts end as the test says."""

    error: DeliveryError | None = None
    queues: dict[str, ReceiverQueue] = field(
        default_factory=lambda: {
            name: ReceiverQueue(RetryPolicy(1.0, 60.0, 1000.0), 8, 8, lambda _, most: most)
            for name in ("team", "pager")
        }
    )
    ended: list[Result] = field(default_factory=list)

    def put(self, message: Message, now: float) -> None:
        self.queues[message.receiver].put(message, now)

    def start(self, now: float) -> None:
        for queue in self.queues.values():
            self.ended += [Result(each, self.error, now) for each in queue.start(now)]

    def results(self) -> list[Result]:
        found, self.ended = self.ended, []
        return found


@dataclass
class Journal:
    records: dict[str, bytes] = field(default_factory=dict)
    undelivered: list[str] = field(default_factory=list)
    written: dict[str, bytes | None] = field(default_factory=dict)
    confirmed: int = 0

    def confirm(self) -> None:
        self.confirmed += 1

    def write(
        self, changes: list[tuple[str, bytes | None]], positions: object, undelivered: list[tuple[str, bytes]]
    ) -> None:
        self.written |= dict(changes)
        self.undelivered += [key for key, _ in undelivered]


class World:
    def __init__(self, directory: Path, text: str = ROUTING) -> None:
        self.now, self.received = 0.0, list[ReceivedAlert]()
        self.journal, self.queues = Journal(), Queues()
        self.registry = CollectorRegistry()
        reader = SimpleNamespace(positions={}, receive=self._receive)
        given: Any = (self.journal, reader, self.queues)
        self.session = Session(
            routing(directory, text).root,
            *given,
            lambda: (),
            NotifierMetrics(self.registry),
            lambda: self.now,
        )

    def _receive(self, *_: object) -> list[ReceivedAlert]:
        found, self.received = self.received, []
        return found

    def count(self, name: str, **labels: str) -> float | None:
        """A counter of the notifier."""
        return self.registry.get_sample_value(f"anomaly_stream_notify_{name}_total", labels)

    def at(self, now: float) -> None:
        """Two steps: what the first one starts ends in the second one."""
        self.now = now
        self.session.step()
        self.session.step()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_news_that_are_given_up_are_kept_and_reminders_are_not(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.received = [ReceivedAlert(event("a"), 0)]
    world.at(0.0)
    world.queues.error = REFUSED
    world.at(30.0)
    assert world.journal.undelivered == ["team/a-firing"]
    world.at(30.0 + 4 * 3600)
    assert world.journal.undelivered == ["team/a-firing"]
    given_up, reminder = caplog.messages
    assert given_up == (
        "Message a-firing to team (minor: load (host web-1)) is given up after 1 attempt of this process: "
        "HTTP status 400, answer: no field x; to deliver it later: anomaly-stream notify replay-dead"
    )
    assert reminder.startswith("Reminder ")
    assert reminder.endswith(
        " is given up after 1 attempt of this process: HTTP status 400, answer: no field x"
    )


def test_a_stall_of_kafka_makes_no_message_older(world: World) -> None:
    """A step that ends after an hour was one hour in which nothing could be tried."""
    world.received = [ReceivedAlert(event("a"), 0)]
    world.at(0.0)
    world.queues.error = DeliveryError("HTTP status 503")
    stalls = 0.0
    while stalls < 40 * 3600.0:  # 1000 s of failures are enough to give up
        for _ in range(60):
            world.at(world.now + 1.0)
        stalls += 3600.0
        world.at(world.now + 3600.0)
        if stalls < 16 * 3600.0:
            assert world.journal.undelivered == []
    assert world.journal.undelivered == ["team/a-firing"]


def test_a_session_without_events_makes_sure_that_it_is_the_only_one(world: World) -> None:
    for now in (0.0, 6.0, 12.0, 12.5):
        world.at(now)
    assert world.journal.confirmed == 2


def test_a_failure_its_circuit_and_its_end_are_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.received = [ReceivedAlert(event("a"), 0)]
    world.at(0.0)
    world.queues.error = DeliveryError("HTTP status 503")
    for now in range(30, 100):
        world.at(float(now))
    assert world.session.failing == {"team"}
    world.queues.error = None
    world.at(160.0)
    assert world.session.failing == set()
    assert caplog.messages == [
        "Receiver team fails: HTTP status 503",
        "Receiver team fails repeatedly, 5 attempts so far; other receivers are not delayed",
        "Receiver team accepts messages again: 7 attempts failed within 2 min 10 s",
    ]
