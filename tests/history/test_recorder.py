"""The recorder on topics in memory: nothing is lost while the database is away, and it says so once."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import URL

from anomaly_stream.errors import BrokerError
from anomaly_stream.history import recorder as module
from anomaly_stream.history.batch import Partition, Record, batch_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.recorder import Recorder
from anomaly_stream.history.source import Start
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.value_filler import ValueFiller
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.ops.health import Health
from anomaly_stream.ops.history_metrics import RecorderMetrics
from anomaly_stream.silences.document import SilenceDocument
from anomaly_stream.silences.silence import Silence
from tests.databases.postgresql import PASSWORD, Postgresql
from tests.history.conftest import url_of
from tests.history.messages import DAY, NAMES, NOW, alert_event, alerts
from tests.history.test_store import ALERTS, counts

PARTITIONS = [ALERTS, (NAMES.scores, 0), (NAMES.configs, 0)]


class Topics:
    """Topics in memory, which any number of sources read."""

    def __init__(self, at_once: int = 7) -> None:
        self.at_once = at_once
        self.records: list[Record] = []
        self.down = False

    def append(self, *values: bytes) -> None:
        self.records += alerts(*values, first=len(self.records))


class Source:
    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        self.positions: dict[Partition, int] = {}

    def start(self, recorded: Mapping[Partition, int]) -> Start:
        self.positions = {key: recorded.get(key, 0) for key in PARTITIONS}
        return Start(dict(self.positions), 0)

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        if self.topics.down:
            raise BrokerError("Kafka is down")
        first = self.positions[ALERTS]
        found = self.topics.records[first : first + min(limit, self.topics.at_once)]
        self.positions[ALERTS] = first + len(found)
        if not found:
            time.sleep(0.01)
        return found

    def ends(self) -> dict[Partition, int]:
        return {**self.positions, ALERTS: len(self.topics.records)}

    def close(self) -> None:
        """Nothing is open."""


class Running:
    """A recorder in a thread."""

    def __init__(
        self,
        topics: Topics,
        url: URL,
        silences: Callable[[], list[Silence]] = list,
        metrics: RecorderMetrics | None = None,
        filler: ValueFiller | None = None,
    ) -> None:
        self.metrics = metrics or RecorderMetrics(CollectorRegistry())
        self.health = Health(60, works="the topics are recorded")
        self.recorder = Recorder(
            NAMES,
            lambda: Source(topics),
            HistoryStore(url),
            self.metrics.history,
            90,
            silences,
            filler,
            clock=lambda: NOW + DAY,
        )
        self.health.add_check(self.recorder.check, required=True)
        self.health.watch(self.recorder)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.recorder.run, args=(self._stopped, self.health.beat_once))
        self._thread.start()

    def metric(self, name: str) -> float:
        value = self.metrics.registry.get_sample_value(f"anomaly_stream_history_{name}")
        assert value is not None
        return value

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


@contextmanager
def running(topics: Topics, url: URL) -> Iterator[Running]:
    made = Running(topics, url)
    try:
        yield made
    finally:
        made.stop()


def wait(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_WAIT_S", 0.02)
    monkeypatch.setattr(module, "_MOST_WAIT_S", 0.2)
    monkeypatch.setattr(module, "_STANDBY_S", 0.1)


def lag(run: Running) -> float | None:
    labels = {"topic": NAMES.alerts, "partition": "0"}
    return run.metrics.registry.get_sample_value("anomaly_stream_history_lag", labels)


def test_the_database_stops_and_starts_and_nothing_is_lost(
    postgresql: Postgresql, caplog: pytest.LogCaptureFixture, fast: None
) -> None:
    url = url_of(postgresql.new_database())
    topics = Topics()
    topics.append(*(alert_event(f"a{n}") for n in range(50)))
    with running(topics, url) as run:
        wait(lambda: run.health.ready().ok and lag(run) == 0)
        assert run.metric("database_up") == 1
        postgresql.stop()
        try:
            topics.append(*(alert_event(f"b{n}") for n in range(50)))
            wait(lambda: not run.health.ready().ok)
            time.sleep(0.5)  # several attempts
            reason = run.health.ready().reason
            assert "127.0.0.1" in reason
            assert "check that PostgreSQL runs there" in reason
            assert run.metric("database_up") == 0
            assert run.health.live().ok
        finally:
            postgresql.start()
        wait(lambda: run.health.ready().ok and lag(run) == 0)
    assert counts(url)["alert_events"] == 100
    said = [each for each in caplog.records if "refused" in each.getMessage()]
    assert len(said) == 1, [each.getMessage() for each in said]
    assert caplog.messages.count(f"The history in {HistoryStore(url).name} is recorded again") == 1
    assert PASSWORD not in caplog.text + reason


def test_a_crash_of_the_database_at_any_time_leaves_each_event_once(
    postgresql: Postgresql, fast: None
) -> None:
    url = url_of(postgresql.new_database())
    topics = Topics()
    with running(topics, url) as run:
        for round_ in range(3):
            topics.append(*(alert_event(f"a{round_}-{n}") for n in range(300)))
            time.sleep(0.15)
            postgresql.kill()
            postgresql.start()
        wait(lambda: lag(run) == 0 and run.health.ready().ok)
    assert counts(url)["alert_events"] == counts(url)["alerts"] == 900


def test_the_recorder_starts_before_its_database(postgresql: Postgresql, fast: None) -> None:
    url = url_of(postgresql.new_database())
    topics = Topics()
    topics.append(alert_event("a"))
    postgresql.stop()
    try:
        with running(topics, url) as run:
            wait(lambda: "refused" in run.health.ready().reason)
            postgresql.start()
            wait(lambda: run.health.ready().ok and lag(run) == 0)
    finally:
        postgresql.start()
    assert counts(url)["alerts"] == 1


def test_two_recorders_share_a_database(database: URL, fast: None) -> None:
    topics = Topics()
    with running(topics, database) as first, running(topics, database) as second:
        for n in range(200):
            topics.append(alert_event(f"a{n}"))
            time.sleep(0.002)
        wait(lambda: lag(first) == 0 or lag(second) == 0)
        wait(lambda: first.health.ready().ok and second.health.ready().ok)
        first.stop()
        topics.append(alert_event("last"))
        wait(lambda: counts(database)["alerts"] == 201)
    assert counts(database)["alert_events"] == 201
    rows = first.metrics.history.rows.labels("alert_events")._value.get()
    assert rows + second.metrics.history.rows.labels("alert_events")._value.get() == 201


def test_kafka_that_is_down_is_not_the_database(
    database: URL, fast: None, caplog: pytest.LogCaptureFixture
) -> None:
    topics = Topics()
    topics.down = True
    with running(topics, database) as run:
        wait(lambda: "Kafka is down" in run.health.ready().reason)
        assert run.metric("database_up") == 1
        topics.append(alert_event("a"))
        topics.down = False
        wait(lambda: run.health.ready().ok and lag(run) == 0)
    assert counts(database)["alerts"] == 1


def test_a_bug_does_not_end_the_recorder(
    database: URL, fast: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = Topics()
    topics.append(alert_event("a"))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr(module, "batch_of", broken)
        run = Running(topics, database)
        wait(lambda: "a bug" in run.health.ready().reason)
    wait(lambda: run.health.ready().ok and lag(run) == 0)
    run.stop()
    assert counts(database)["alerts"] == 1
    assert "Traceback" in caplog.text


def test_copies_rubbish_and_old_records_are_counted_and_logged_once(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    topics = Topics()
    old = [alert_event(f"old{n}", at=NOW - 100 * DAY) for n in range(20)]
    topics.append(alert_event("a"), alert_event("a"), b"rubbish", *old)
    with caplog.at_level(logging.WARNING), running(topics, database) as run:
        wait(lambda: run.health.ready().ok and lag(run) == 0)
        assert (run.metric("copies_total"), run.metric("records_refused_total")) == (1, 1)
        assert run.metric("records_expired_total") == 20
    assert counts(database)["alert_events"] == 1
    assert len([line for line in caplog.messages if "keep_days" in line]) == 1
    assert any(f"offset 2 of {NAMES.alerts}-0" in line for line in caplog.messages)


def test_old_rows_are_deleted_at_the_start(database: URL) -> None:
    store = HistoryStore(database)
    store.open()
    old = alert_event("a", at=NOW - 150 * DAY, start=NOW - 150 * DAY)
    store.write(batch_of(alerts(old, alert_event("b")), NAMES, 0.0), {})
    assert counts(database)["alerts"] == 2
    with running(Topics(), database):
        wait(lambda: counts(database)["alerts"] == counts(database)["alert_events"] == 1)


def test_events_are_judged_by_the_silences_and_by_the_alerts_that_fire_already(
    database: URL, fast: None
) -> None:
    rule = SilenceDocument.model_validate(
        {"reason": "work", "while": {"config": "host"}, "from": "2020-01-01T00:00:00Z"}
    )
    topics = Topics()
    topics.append(alert_event("before"), alert_event("root", config_id="host"))
    silences = [rule.silence("s1", 0, None)]
    first = Running(topics, database, lambda: silences)
    wait(lambda: first.health.ready().ok and lag(first) == 0)
    first.stop()
    topics.append(alert_event("later"))
    second = Running(topics, database, lambda: silences)
    wait(lambda: second.health.ready().ok and lag(second) == 0)
    second.stop()
    found = HistoryQueries(database, 10)
    assert [row.key[1] for row in found.alerts(Wanted(suppressed=True), 10)] == ["later"]
    assert {row.key[1] for row in found.alerts(Wanted(suppressed=False), 10)} == {"before", "root"}


def test_of_alerts_of_one_moment_that_inhibit_each_other_the_smallest_id_is_let_through(
    database: URL, fast: None
) -> None:
    rule = SilenceDocument.model_validate(
        {"reason": "one is enough", "config": "load", "from": "2020-01-01T00:00:00Z",
         "while": {"config": "load", "equal": ["env"]}}
    )  # fmt: skip
    topics = Topics(at_once=12)
    names = [f"a{number:02}" for number in range(12)]
    topics.append(*map(alert_event, names[::-1]))
    silences = [rule.silence("s1", 0, None)]

    def record() -> None:
        run = Running(topics, database, lambda: silences)
        wait(lambda: run.health.ready().ok and lag(run) == 0)
        run.stop()

    found = HistoryQueries(database, 10)
    for ends in ([], [alert_event(name, "resolved", NOW + 60) for name in names]):
        topics.append(*ends)  # read by another recorder, which knows what the first one marked
        record()
        assert [row.key[1] for row in found.alerts(Wanted(suppressed=False), 20)] == ["a00"]
        assert len(found.alerts(Wanted(suppressed=True), 20)) == 11


def test_the_history_of_another_namespace_is_refused(database: URL, fast: None) -> None:
    store = HistoryStore(database)
    store.open()
    store.write(batch_of([], NAMES, 0.0), {("chaos-anomaly-alerts", 0): (None, 5)})
    store.close()
    topics = Topics()
    topics.append(alert_event("e1"))
    with running(topics, database) as run:
        wait(lambda: "each namespace needs a database of its own" in run.health.ready().reason)
        assert "chaos-anomaly-alerts" in run.health.ready().reason
    assert counts(database)["alert_events"] == 0
