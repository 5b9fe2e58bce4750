"""How fast the recorder writes alert events from Kafka to each database, beside an INSERT for each row."""

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import orjson
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from anomaly_stream.history.batch import Record, batch_of
from anomaly_stream.history.database import database_url, open_writer
from anomaly_stream.history.recorder import BATCH_RECORDS, Recorder
from anomaly_stream.history.source import TopicsSource
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.value_filler import ReadValues, ValueFiller
from anomaly_stream.history.value_queue import ValueQueue
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import PastValue, ValuesBefore
from anomaly_stream.ops.history_metrics import RecorderMetrics
from anomaly_stream.settings import Settings, load_settings
from benchmarks.processes import ContenderError
from tests.databases.postgresql import Postgresql
from tests.history.messages import alert_event

EVENTS = 100_000
ROUNDS = 3
RIVAL_EVENTS = 10_000
VALUES = 60
LEAST_RATE = {"PostgreSQL": 10_000, "SQLite": 5_000}
_KEEP_DAYS = 90.0
_LONGEST_S = 300.0
_EVENT = (
    "INSERT INTO alert_events (event_id, timestamp, alert_id, published_at_ms, body) "
    "VALUES (:event_id, :timestamp, :alert_id, :published_at_ms, :body) ON CONFLICT DO NOTHING"
)
_ALERT_COLUMNS = (
    *("alert_id", "started_at", "timestamp", "sequence", "status", "severity"),
    *("config_id", "owner", "metric", "labels", "body"),
)
_PLACES = ", ".join(f":{name}" for name in _ALERT_COLUMNS)
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in _ALERT_COLUMNS[1:])
_ALERT = (
    f"INSERT INTO alerts ({', '.join(_ALERT_COLUMNS)}) VALUES ({_PLACES}) "
    f"ON CONFLICT (alert_id) DO UPDATE SET {_CHANGES} WHERE excluded.sequence > alerts.sequence"
)


def measure(
    bootstrap: str, namespace: str, log: Callable[[str], None]
) -> tuple[list[str], list[tuple[str, bool]]]:
    """Lines to print, and claims. Raises ContenderError if the recorder does not come to the end."""
    settings = load_settings(
        environ={"ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap, "ANOMALY_STREAM_NAMESPACE": namespace}
    )
    create_topics(settings)
    names = TopicNames.of(settings)
    events = _events(time.time(), names.metrics[0])
    _publish(bootstrap, names.alerts, events)
    lines, judged = [f"{EVENTS:,} alert events of {len(events[0]):,} bytes"], []
    with Postgresql(durable=True) as server, tempfile.TemporaryDirectory() as directory:
        numbers = iter(range(100))
        new_url: dict[str, Callable[[], str]] = {
            "PostgreSQL": server.new_database,
            "SQLite": lambda: f"sqlite:///{Path(directory) / f'{next(numbers)}.db'}",
        }
        for name, new in new_url.items():
            busy = server.cpu_seconds()
            took = [_record(settings, new()) for _ in range(ROUNDS)]
            with_values = EVENTS / _record(settings, new(), _values)[0]
            rates = [EVENTS / seconds for seconds, _ in took]
            cpu_us = 1e6 * sum(cpu_seconds for _, cpu_seconds in took) / (ROUNDS * EVENTS)
            server_us = 1e6 * (server.cpu_seconds() - busy) / (ROUNDS * EVENTS)
            rival = RIVAL_EVENTS / _insert_each(settings, new(), events[:RIVAL_EVENTS])
            rate = median(rates)
            spread = f"lowest {min(rates):,.0f}, highest {max(rates):,.0f}"
            lines += [
                f"{name}: {rate:,.0f} events/s from Kafka to committed rows ({spread})",
                f"{name}: {with_values:,.0f} events/s while {VALUES} values of each event are written too",
                f"{name}: {rate / rival:.1f} times as many as an INSERT for each row: {rival:,.0f}/s",
                f"{name}: CPU per event: {cpu_us:.0f} us in the recorder, {server_us:.0f} us in PostgreSQL",
            ]
            least = LEAST_RATE[name]
            judged.append((f"at least {least:,} events/s are recorded in {name}: {rate:,.0f}", rate >= least))
            log(f"history measured in {name}")
    return lines, judged


def _events(now: float, metrics: str) -> list[bytes]:
    """Alerts over the last month, each opened and resolved, of series with three labels."""
    start = now - 30 * 86_400
    found = []
    for number in range(EVENTS // 2):
        at = start + number
        labels = {"host": f"host-{number % 1000}", "region": "eu-west-1", "service": "checkout"}
        for status, moment in (("firing", at), ("resolved", at + 60)):
            found.append(
                alert_event(
                    f"{number:032x}",
                    status,
                    moment,
                    start=at,
                    labels=labels,
                    metric="request_latency_ms",
                    source={"topic": metrics, "partition": 0, "offset": number},
                    explanation="request_latency_ms of host is 412.7, expected 118.2 (97.1 to 139.4)",
                )
            )
    return found


def _publish(bootstrap: str, topic: str, events: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4"})
    for number, event in enumerate(events):
        producer.produce(topic, event, key=str(number // 2))
        if number % 10_000 == 0:
            producer.flush()
    if producer.flush(60):
        raise ContenderError("the alert events were not published")


def _settings_with(settings: Settings, url: str) -> Settings:
    return settings.model_copy(
        update={"history": load_settings(environ={"ANOMALY_STREAM_HISTORY__URL": url}).history}
    )


def _values(events: Sequence[AlertEvent], **_: object) -> dict[str, ValuesBefore]:
    """What is read back from Kafka, without the reading."""
    return {
        event.event_id: [PastValue(event.timestamp - 60.0 * n, event.value) for n in range(VALUES)]
        for event in events
    }


def _record(settings: Settings, url: str, values: ReadValues | None = None) -> tuple[float, float]:
    """Seconds from the start of the recorder until every event is committed, and its CPU seconds."""
    address = database_url(_settings_with(settings, url))
    store = HistoryStore(address)
    store.open()  # the tables
    metrics = RecorderMetrics(CollectorRegistry())
    rows = metrics.history.rows.labels("alert_events")
    names = TopicNames.of(settings)
    filler = None if values is None else ValueFiller(ValueQueue(address), values, metrics.history)
    recorder = Recorder(
        names, partial(TopicsSource, settings), store, metrics.history, _KEEP_DAYS, filler=filler
    )
    stopped = threading.Event()

    ended = 0.0

    def beat() -> None:
        nonlocal ended
        ended = time.perf_counter()
        if rows._value.get() >= EVENTS or ended - began > _LONGEST_S:
            stopped.set()

    began, busy = time.perf_counter(), time.process_time()
    recorder.run(stopped, beat)
    if rows._value.get() != EVENTS:
        raise ContenderError(
            f"the recorder wrote {rows._value.get():,.0f} of {EVENTS:,} events: {recorder.check()}"
        )
    return ended - began, time.process_time() - busy


def _insert_each(settings: Settings, url: str, events: list[bytes]) -> float:
    """Seconds to write the same rows with a statement for each."""
    names = TopicNames.of(settings)
    address = database_url(_settings_with(settings, url))
    HistoryStore(address).open()
    engine = open_writer(address)
    records = [
        Record(names.alerts, 0, number, b"", value, int(time.time() * 1000))
        for number, value in enumerate(events)
    ]
    first = batch_of(records, names, 0.0)
    with engine.begin() as connection:
        HistoryStore(address)._dialect.prepare(connection, [row["timestamp"] for row in first.alert_events])
    began = time.perf_counter()
    for position in range(0, len(records), BATCH_RECORDS):
        _insert_some(engine, records[position : position + BATCH_RECORDS], names)
    seconds = time.perf_counter() - began
    engine.dispose()
    return seconds


def _insert_some(engine: Engine, records: list[Record], names: TopicNames) -> None:
    event, alert = text(_EVENT), text(_ALERT)
    with engine.begin() as connection:
        for record in records:
            batch = batch_of([record], names, 0.0)
            connection.execute(event, batch.alert_events[0])
            row = next(iter(batch.alerts.values()))
            connection.execute(alert, {**row, "labels": orjson.dumps(row["labels"]).decode()})
