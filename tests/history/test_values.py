"""The values before alerts come after the alerts, and none is lost on the way, in either database."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import URL

from anomaly_stream.errors import BrokerError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.history import value_filler
from anomaly_stream.history.batch import batch_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.recorded_values import RecordedValues
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.value_filler import ValueFiller
from anomaly_stream.history.value_queue import ValueQueue
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import GroupValues, MemberValues, PastValue, ValuesBefore
from anomaly_stream.ops.history_metrics import RecorderMetrics
from tests.databases.postgresql import Postgresql
from tests.history.conftest import url_of
from tests.history.messages import NAMES, NOW, alert_event, alerts, record, score
from tests.history.test_recorder import Running, Topics, lag, wait

METRICS = NAMES.metrics[0]


class Values:
    """Kafka: reads what it is told to, and counts how often it is asked for each event."""

    def __init__(self, read: Callable[[AlertEvent], ValuesBefore | None]) -> None:
        self.asked: list[str] = []
        self._read = read

    def __call__(
        self,
        events: Sequence[AlertEvent],
        *,
        opened_by: Mapping[str, AlertEvent],
        stopped: Callable[[], bool],
    ) -> dict[str, ValuesBefore]:
        self.asked += [event.event_id for event in events]
        self.opened_by = dict(opened_by)
        found = {event.event_id: self._read(event) for event in events}
        return {event: values for event, values in found.items() if values is not None}


def value(event: AlertEvent) -> ValuesBefore:
    return [PastValue(event.timestamp, event.value)]


def event(alert: str, status: str = "firing", at: float = NOW, offset: int = 0, partition: int = 0) -> bytes:
    source = {"topic": METRICS, "partition": partition, "offset": offset}
    return alert_event(alert, status, at, source=source)


@contextmanager
def running(topics: Topics, url: URL, read: Values) -> Iterator[Running]:
    metrics = RecorderMetrics(CollectorRegistry())
    run = Running(topics, url, metrics=metrics, filler=ValueFiller(ValueQueue(url), read, metrics.history))
    try:
        yield run
    finally:
        run.stop()


def around(url: URL, alert: str) -> RecordedValues:
    found = HistoryQueries(url, 10).alert(alert, None)
    assert found is not None
    return found.around


def waiting(url: URL) -> int:
    queue = ValueQueue(url)
    try:
        return queue.waiting()
    finally:
        queue.close()


def states(url: URL, alerts: Sequence[str]) -> set[str]:
    return {around(url, alert).state for alert in alerts}


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_filler, "_LEAST_WAIT_S", 0.02)
    monkeypatch.setattr(value_filler, "_LOOK_S", 0.2)


def test_an_alert_is_there_before_its_values(database: URL) -> None:
    may_read = threading.Event()

    def read(given: AlertEvent) -> ValuesBefore:
        assert may_read.wait(30)
        return value(given)

    topics = Topics()
    topics.append(event("a"), alert_event("a", "updated", NOW + 1), event("a", "resolved", NOW + 2))
    with running(topics, database, Values(read)) as run:
        wait(lambda: lag(run) == 0)
        assert around(database, "a") == RecordedValues("pending")
        may_read.set()
        wait(lambda: around(database, "a").state == "complete")
        wait(lambda: run.metric("values_wanted") == 0)
    assert around(database, "a").values == [PastValue(NOW, 2.0), PastValue(NOW + 2, 2.0)]
    assert run.metric("events_without_values_total") == 0


def test_thousands_of_alerts_at_once_all_get_their_values(database: URL) -> None:
    names = [f"a{n}" for n in range(3_000)]
    topics = Topics(at_once=1_000)
    topics.append(*(event(name, offset=n) for n, name in enumerate(names)))
    read = Values(value)
    with running(topics, database, read) as run:
        wait(lambda: lag(run) == 0 and len(read.asked) >= 3_000 and waiting(database) == 0, 60)
    assert sorted(read.asked) == sorted(f"{name}-firing" for name in names)
    assert states(database, names[::100]) == {"complete"}
    assert run.metric("events_without_values_total") == 0


def test_copies_and_restarts_ask_for_nothing_again(database: URL) -> None:
    topics, read = Topics(), Values(value)
    topics.append(event("a"))
    with running(topics, database, read) as run:
        wait(lambda: read.asked == ["a-firing"] and around(database, "a").state == "complete")
        topics.append(event("a"))
        wait(lambda: lag(run) == 0)
    topics.append(event("a"), event("b"))
    with running(topics, database, read) as run:
        wait(lambda: around(database, "b").state == "complete" if len(read.asked) > 1 else False)
    assert read.asked == ["a-firing", "b-firing"]
    assert around(database, "a").values == [PastValue(NOW, 2.0)]


def test_values_that_were_not_read_before_the_recorder_ended_are_read_by_the_next(database: URL) -> None:
    topics = Topics()
    topics.append(*(event(f"a{n}") for n in range(20)))
    stuck = threading.Event()

    def read(_: AlertEvent) -> ValuesBefore | None:
        stuck.wait(0.2)
        return None  # as when reading is stopped

    with running(topics, database, Values(read)) as run:
        wait(lambda: lag(run) == 0)
    assert states(database, ["a0", "a19"]) == {"pending"}
    with running(topics, database, Values(value)):
        wait(lambda: states(database, ["a0", "a19"]) == {"complete"})


def test_a_partition_that_cannot_be_read_does_not_hold_up_others(
    database: URL, fast: None, caplog: pytest.LogCaptureFixture
) -> None:
    down = threading.Event()
    down.set()

    def read(given: AlertEvent) -> ValuesBefore:
        assert given.source is not None
        if given.source.partition == 0 and down.is_set():
            raise BrokerError("no leader")
        return value(given)

    topics, asked = Topics(), Values(read)
    topics.append(event("a"), event("b", partition=1))
    with running(topics, database, asked) as run:
        wait(lambda: around(database, "b").state == "complete" if lag(run) == 0 else False)
        wait(lambda: asked.asked.count("a-firing") > 3)
        assert run.metric("values_wanted") == 1
        assert run.health.ready().ok
        down.clear()
        wait(lambda: around(database, "a").state == "complete")
        wait(lambda: run.metric("values_wanted") == 0)
    assert sum("no leader" in line for line in caplog.messages) == 1
    assert "The values before alerts are read again" in caplog.messages
    assert asked.asked.count("b-firing") == 1


def test_what_kafka_does_not_have_is_counted_once_and_said(database: URL, fast: None) -> None:
    topics, read = Topics(), Values(lambda given: value(given) if given.alert_id == "a" else None)
    topics.append(event("a"), event("gone"), alert_event("config", "resolved", source=None))
    with running(topics, database, read) as run:
        wait(lambda: run.metric("events_without_values_total") == 1)
        topics.append(event("gone"))
        wait(lambda: lag(run) == 0)
    assert read.asked == ["a-firing", "gone-firing"]
    assert [around(database, name).state for name in ("a", "gone", "config")] == ["complete", "none", "none"]
    assert run.metric("events_without_values_total") == 1


def test_one_event_that_meets_a_defect_does_not_cost_the_others_their_values(
    database: URL, fast: None, caplog: pytest.LogCaptureFixture
) -> None:
    def read(given: AlertEvent) -> ValuesBefore:
        if given.alert_id == "bad":
            raise RuntimeError("a bug")
        return value(given)

    topics = Topics()
    topics.append(event("a"), event("bad"), event("b"))
    with running(topics, database, Values(read)) as run:
        wait(lambda: run.metric("events_without_values_total") == 1)
        wait(lambda: states(database, ["a", "b"]) == {"complete"})
    assert any("bad-firing" in line for line in caplog.messages)


def test_a_database_that_stops_loses_no_values(postgresql: Postgresql, fast: None) -> None:
    url = url_of(postgresql.new_database())
    names = [f"a{n}" for n in range(200)]
    topics, read = Topics(at_once=50), Values(value)
    with running(topics, url, read) as run:
        for first in range(0, 200, 50):
            topics.append(*(event(name) for name in names[first : first + 50]))
            postgresql.kill()
            postgresql.start()
        wait(lambda: lag(run) == 0 and run.health.ready().ok, 60)
        wait(lambda: states(url, names[::20]) == {"complete"}, 60)
    assert run.metric("events_without_values_total") == 0
    assert waiting(url) == 0


def group_event(status: str, at: float, **shares: float) -> bytes:
    members = {name: {"value": 1.0, "expected": None, "share": share} for name, share in shares.items()}
    return alert_event(
        "g",
        status,
        at,
        value=50.0 if status == "firing" else 3.0,
        source={"topic": NAMES.groups, "partition": 0, "offset": 1},
        group={"members": members, "pairs": []},
    )


def test_a_group_has_its_members_by_the_first_event_and_its_scores(database: URL) -> None:
    def read(given: AlertEvent) -> ValuesBefore:
        members = [MemberValues("cpu", 0.9, [PastValue(given.timestamp, 7.0)])]
        return GroupValues(members, ["disk"])

    topics, asked = Topics(), Values(read)
    topics.append(group_event("firing", NOW, cpu=0.9, disk=0.1))
    with running(topics, database, asked) as run:
        wait(lambda: lag(run) == 0 and len(asked.asked) == 1 and waiting(database) == 0)
        topics.append(group_event("resolved", NOW + 60, cpu=0.0, disk=0.0))
        wait(lambda: around(database, "g").state == "complete" if len(asked.asked) == 2 else False)
    assert asked.opened_by["g"] == decode_alert(group_event("firing", NOW, cpu=0.9, disk=0.1))
    store = HistoryStore(database)
    store.open()
    scored = score(NOW + 30, value=80.0), score(NOW + 31, value=90.0, labels={"env": "test"})
    store.write(batch_of([record(NAMES.scores, n, each) for n, each in enumerate(scored)], NAMES, 0.0), {})
    assert around(database, "g") == RecordedValues(
        "complete",
        [PastValue(NOW, 50.0), PastValue(NOW + 30, 80.0), PastValue(NOW + 60, 3.0)],
        [MemberValues("cpu", 0.9, [PastValue(NOW, 7.0), PastValue(NOW + 60, 7.0)])],
        ["disk"],
    )


def test_values_are_not_wanted_where_the_setting_is_off(database: URL) -> None:
    store = HistoryStore(database)
    store.open()
    assert store.write(batch_of(alerts(event("a")), NAMES, 0.0), {})["alert_values"] == 0
    assert around(database, "a") == RecordedValues("none")
