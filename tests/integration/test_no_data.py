"""Silent series have alerts while they are silent: among others, and where a whole partition is silent."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent, Series
from tests.integration.workers import WorkerProcess, anomaly_stream, read_all, running

CONFIG = "id: pulse\nmetric: pulse\nowner: platform\nno_data: 20s\n"
START = 1_700_000_000


class Pulses:
    """Publishes a value per second of event time."""

    def __init__(self, bootstrap: str, topic: str, **options: str) -> None:
        named = {name.replace("_", "."): value for name, value in options.items()}
        self._producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, **named})
        self._topic = topic
        if options:
            self._producer.init_transactions(30)

    def in_transaction(self, publish: Callable[[], None], *, commit: bool = True) -> None:
        self._producer.begin_transaction()
        publish()
        (self._producer.commit_transaction if commit else self._producer.abort_transaction)(30)

    def __call__(self, partition: int, host: str, first: int, last: int) -> None:
        for second in range(first, last):
            value = {"metric": "pulse", "labels": {"host": host}, "timestamp": START + second, "value": 1.0}
            self._producer.produce(self._topic, json.dumps(value), host, partition)
        assert self._producer.flush(60) == 0


def alerts(bootstrap: str, namespace: str) -> dict[str, AlertEvent]:
    """The alert events by id; copies must be equal."""
    found: dict[str, bytes] = {}
    for message in read_all(bootstrap, f"{namespace}-anomaly-alerts"):
        value = message.value()
        event = decode_alert(value)
        assert found.setdefault(event.event_id, value) == value
    return {event_id: decode_alert(value) for event_id, value in found.items()}


def wait_for(
    events: Callable[[], set[tuple[str, str]]], wanted: set[tuple[str, str]], worker: WorkerProcess
) -> None:
    deadline = time.monotonic() + 120
    found: set[tuple[str, str]] = set()
    while time.monotonic() < deadline:
        assert worker.process is not None
        assert worker.process.poll() is None, f"the worker ended:\n{worker.tail()}"
        found = events()
        if wanted <= found:
            return
        time.sleep(0.5)
    raise AssertionError(f"{found} and not {wanted}:\n{worker.tail()}")


@pytest.mark.timeout(420)
def test_a_silent_series_has_an_alert_while_it_is_silent(apache: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(apache, namespace, tmp_path / "worker")
    config = tmp_path / "pulse.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    publish = Pulses(apache, f"{namespace}-metrics")

    def seen() -> set[tuple[str, str]]:
        return {(event.labels["host"], event.status) for event in alerts(apache, namespace).values()}

    for second in range(60):
        publish(0, "alive", second, second + 1)
        publish(0, "lost", second, second + 1)
    publish(1, "alone", 0, 60)
    with running(worker):
        wait_for(seen, set(), worker)
        publish(0, "alive", 60, 100)  # "lost" is silent among others
        wait_for(seen, {("lost", "firing")}, worker)
        worker.kill()
        worker.start()
        wait_for(seen, {("alone", "firing"), ("alive", "firing")}, worker)  # whole partitions are silent
        worker.kill()
        worker.start()
        publish(1, "alone", 300, 310)
        publish(0, "lost", 300, 310)
        wait_for(seen, {("alone", "resolved"), ("lost", "resolved")}, worker)
        assert worker.stop() == 0
    events = sorted(
        alerts(apache, namespace).values(), key=lambda event: (event.labels["host"], event.sequence)
    )
    # "alone" and "lost" may have fallen silent again before the worker stopped.
    first = {event.alert_id: [] for event in events}
    for event in events:
        first[event.alert_id].append(event)
    stories = [
        (each[0].labels["host"], [event.status for event in each], each[0].source is None)
        for each in first.values()
        if each[0].episode.start < START + 200
    ]
    assert sorted(stories) == [
        ("alive", ["firing"], True),
        ("alone", ["firing", "resolved"], True),
        ("lost", ["firing", "resolved"], False),
    ]
    assert {event.condition for event in events} == {"no_data"}
    assert [event.sequence for event in first[events[1].alert_id]] == [1, 2]


@pytest.mark.timeout(420)
def test_the_markers_of_transactions_do_not_hide_that_a_partition_is_silent(
    apache: str, namespace: str, tmp_path: Path
) -> None:
    """The markers of a transaction take offsets behind its last record, also if it was aborted."""
    worker = WorkerProcess(apache, namespace, tmp_path / "worker")
    config = tmp_path / "pulse.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    publish = Pulses(apache, f"{namespace}-metrics", transactional_id=f"{namespace}-pulses")
    publish.in_transaction(lambda: publish(0, "committed", 0, 60))
    publish.in_transaction(lambda: publish(1, "aborted", 0, 60))
    publish.in_transaction(lambda: publish(1, "aborted", 60, 70), commit=False)

    def seen() -> set[tuple[str, str]]:
        return {(event.labels["host"], event.status) for event in alerts(apache, namespace).values()}

    with running(worker):
        wait_for(seen, {("committed", "firing"), ("aborted", "firing")}, worker)
        publish.in_transaction(lambda: publish(1, "aborted", 300, 310))
        publish.in_transaction(lambda: publish(1, "aborted", 310, 320), commit=False)
        wait_for(seen, {("aborted", "resolved")}, worker)
        wait_for(
            lambda: {(one.labels["host"], one.alert_id) for one in alerts(apache, namespace).values()},
            {
                (
                    "aborted",
                    alert_id("pulse", Series.of("pulse", {"host": "aborted"}), START + 309.0, "no_data"),
                )
            },
            worker,
        )
        assert worker.stop() == 0
