"""The worker on a real broker against the offline scorer on the same input."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent
from tests.integration.load import LoadMessage, make_load
from tests.integration.workers import (
    WorkerProcess,
    anomaly_stream,
    read_all,
    running,
    wait_until_committed,
)

SERIES, ROUNDS = 1000, 200
CONFIG = """
id: load
metric: load
owner: platform
baseline_period: 4h
min_observations: 40
window_points: 120
annotations: {runbook_url: "https://runbooks.example/load"}
"""
PRODUCERS: tuple[dict[str, Any], ...] = (
    {"compression.type": "none", "linger.ms": 5},
    {"compression.type": "gzip", "linger.ms": 20},
    {"compression.type": "snappy", "linger.ms": 20},
    {"compression.type": "lz4", "linger.ms": 50},
    {"compression.type": "zstd", "linger.ms": 20},
    {"compression.type": "lz4", "linger.ms": 0, "batch.num.messages": 1},
)


def publish(bootstrap: str, topic: str, load: list[LoadMessage]) -> None:
    """Spread the load over the producers by series, so that each series keeps its order."""
    producers = [
        Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "log_level": 0, **options})
        for options in PRODUCERS
    ]
    failures: list[object] = []

    def note(error: object, _: object) -> None:
        if error is not None:
            failures.append(error)

    for number, message in enumerate(load):
        producer = producers[hash_of(message.key) % len(producers)]
        producer.produce(topic, key=message.key, value=message.value or None, on_delivery=note)
        if number % 1000 == 0:
            for each in producers:
                each.poll(0)
    for producer in producers:
        assert producer.flush(180) == 0
    assert not failures


def hash_of(key: bytes) -> int:
    return sum(key)


def without_source(value: bytes) -> bytes:
    """The record's bytes up to its last field, ``source``."""
    return value[: value.rindex(b',"source":')]


@pytest.mark.timeout(420)
def test_worker_and_score_give_the_same_verdicts(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    load = make_load(SERIES, ROUNDS, seed=1)
    assert sum(message.observations for message in load) == SERIES * ROUNDS
    with running(worker):
        publish(kafka, f"{namespace}-metrics", load)
        wait_until_committed(
            kafka, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, timeout=180
        )
        assert worker.stop() == 0
    scores = read_all(kafka, f"{namespace}-anomaly-scores")
    alerts = read_all(kafka, f"{namespace}-anomaly-alerts")
    letters = read_all(kafka, f"{namespace}-anomaly-dead-letter")

    observations = b"\n".join(b" ".join(m.value.split(b"\n")) for m in load if not m.rubbish)
    reference_alerts = tmp_path / "alerts.jsonl"
    reference_scores = anomaly_stream(
        worker.environment,
        "score",
        "--config",
        str(config),
        "--alerts",
        str(reference_alerts),
        stdin=observations,
    )
    assert_same(scores, reference_scores)
    assert_same(alerts, reference_alerts.read_bytes())
    assert len(scores) > 300
    assert len(alerts) > 300
    assert Counter(message.value() or b"" for message in letters) == Counter(
        message.value for message in load if message.rubbish
    )
    assert all(dict(message.headers() or ())["reason"] for message in letters)
    assert_proven(worker.environment, decode_alert(alerts[-1].value()), config)


def assert_proven(environment: dict[str, str], event: AlertEvent, config: Path) -> None:
    """A replay gives the alert again, byte for byte; with another config it does not, and says so."""
    proof = json.loads(anomaly_stream(environment, "replay", event.alert_id, "--json"))
    assert {each["result"] for each in proof["events"]} == {"same"}
    assert proof["events"][-1]["offset"] == proof["last_offset"]
    assert (proof["first_offset"], proof["config_version"]) == (0, 1)
    assert proof["account"]["alert"] == "opened"
    assert {each["name"] for each in proof["account"]["detectors"]} == set(event.detectors)
    other = config.with_name("other.yaml")
    other.write_text(CONFIG.replace("owner: platform", "owner: others"))
    command = [sys.executable, "-m", "anomaly_stream", "replay", event.alert_id, "--config", str(other)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "byte for byte" in done.stdout) == (1, False)
    assert "owner: platform was published, others is made now" in done.stdout


def assert_same(messages: list[Message], lines: bytes) -> None:
    """The same records except for ``source``, byte for byte, in the same order for each key."""
    published = [without_source(message.value()) for message in messages]
    expected = [without_source(line) for line in lines.splitlines()]
    assert Counter(published) == Counter(expected)
