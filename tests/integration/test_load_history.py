"""Histories loaded into running workers: from the first value after the history on, verdicts are those of one
undisturbed run over history and live values, whatever dies meanwhile."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from confluent_kafka import Producer

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import decode_score
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.settings import load_settings
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, read_all, running, wait_until_committed

CONFIGS = """
id: window
metric: flow
detectors: [zscore, modified_zscore, iqr]
min_observations: 20
publish: all
---
id: model
metric: flow
publish: all
"""
UNITS = [f"unit-{n}" for n in range(12)]
STEP, START = 60.0, 1_700_000_000.0
HISTORY, OVERLAP, LIVE = 240, 60, 150
"""Values of each unit: of the history, of the live topic within its time, and behind its end."""

LEAVE_A_LOAD_OPEN = """
import sys, time
from anomaly_stream.kafka.baselines_topic import publish_baselines
from anomaly_stream.settings import load_settings

def records():
    for n in range(200):
        yield f'window\\0{{"labels":{{"unit":"{n}"}},"metric":"flow"}}'.encode(), b"x" * 100_000
    print("open", flush=True)
    time.sleep(600)

publish_baselines(load_settings(), "window", records())
"""


def observations() -> list[tuple[str, float, bytes]]:
    generator = np.random.default_rng(11)
    found = []
    for i in range(HISTORY + LIVE):
        for unit in UNITS:
            value = 100 + 10 * math.sin(i / 20) + float(generator.normal())
            value += 300.0 + i if i % 61 == 60 else 0.0
            time = START + STEP * i
            body = {"metric": "flow", "labels": {"unit": unit}, "timestamp": time, "value": value}
            found.append((unit, time, json.dumps(body).encode()))
    return found


def expected_scores(values: list[tuple[str, float, bytes]]) -> dict[tuple[str, str, float], Any]:
    parsed = parse_document(CONFIGS, "configs", config_context(load_settings(environ={})))
    plan = compile_plan([each.config for each in parsed], SeverityBands())  # type: ignore[misc]
    pipeline = Pipeline(plan, [("all", 0)])
    output = pipeline.process(records_of([(b"", value) for _, _, value in values], "all", 0))
    return dict(comparable(score.body) for score in output.scores)


def comparable(score: Any) -> tuple[tuple[str, str, float], Any]:
    """A score without its source, by config, unit and time."""
    plain = {name: getattr(score, name) for name in score.__struct_fields__}
    del plain["source"]
    return (score.config_id, score.labels["unit"], score.timestamp), plain


class Scene:
    """A namespace with two configs, a history on disk, and live values to publish."""

    def __init__(self, kafka: str, namespace: str, directory: Path) -> None:
        self.kafka, self.namespace = kafka, namespace
        self.worker = WorkerProcess(kafka, namespace, directory / "worker")
        self.values = observations()
        self.end = START + STEP * (HISTORY - 1)
        self.history = directory / "history.jsonl"
        past = [value for _, time, value in self.values if time <= self.end]
        self.history.write_bytes(b"\n".join(past) + b"\n")
        (directory / "configs.yaml").write_text(CONFIGS)
        anomaly_stream(self.worker.environment, "topics", "create")
        anomaly_stream(self.worker.environment, "configs", "apply", str(directory / "configs.yaml"))
        self.live = [each for each in self.values if each[1] > self.end - STEP * OVERLAP]

    def backfill(self) -> None:
        for config_id in ("window", "model"):
            anomaly_stream(self.worker.environment, "backfill", config_id, "--input", str(self.history))

    def publish(self, first: int, end: int) -> None:
        producer = Producer({"bootstrap.servers": self.kafka, "log_level": 0})
        for unit, _, value in self.live[first:end]:
            producer.produce(f"{self.namespace}-metrics", value, unit)
        assert producer.flush(30) == 0

    def wait(self) -> None:
        wait_until_committed(
            self.kafka, f"{self.namespace}-anomaly-stream", f"{self.namespace}-metrics", self.worker, 90
        )

    def check(self) -> None:
        """Every copy of every score behind the history is that of the undisturbed run."""
        expected = expected_scores(self.values)
        found: dict[tuple[str, str, float], list[Any]] = {}
        for message in read_all(self.kafka, f"{self.namespace}-anomaly-scores"):
            key, score = comparable(decode_score(message.value()))
            found.setdefault(key, []).append(score)
        behind = [key for key in expected if key[2] > self.end]
        assert len(behind) == 2 * len(UNITS) * LIVE
        for key in behind:
            for copy in found[key]:
                assert copy == expected[key], key


@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_worker_killed_around_a_load_takes_it_once(
    kafka: str, namespace: str, tmp_path: Path, moment: str
) -> None:
    scene = Scene(kafka, namespace, tmp_path)
    cut, rest = len(UNITS) * (OVERLAP + 30), len(scene.live)
    if moment == "before":
        scene.backfill()
    with running(scene.worker):
        if moment == "during":
            scene.publish(0, len(UNITS) * OVERLAP // 2)
            scene.wait()
            scene.backfill()
            wait_for_metric(scene.worker, "anomaly_stream_baselines_waiting", lambda rows: rows == 24)
            scene.publish(len(UNITS) * OVERLAP // 2, cut)
        else:
            scene.publish(0, cut)
        wait_for_metric(scene.worker, "anomaly_stream_baselines_taken_total", lambda taken: taken == 24)
        scene.worker.kill()
    with running(scene.worker):
        scene.publish(cut, cut + len(UNITS) * 30)
        scene.wait()
        scene.worker.kill()
    with running(scene.worker):
        scene.publish(cut + len(UNITS) * 30, rest)
        scene.wait()
        assert scene.worker.stop() == 0
    scene.check()


@pytest.mark.timeout(300)
def test_a_load_that_is_killed_leaves_nothing(apache: str, namespace: str, tmp_path: Path) -> None:
    scene = Scene(apache, namespace, tmp_path)
    load = subprocess.Popen(
        [sys.executable, "-m", "anomaly_stream", "backfill", "window", "--input", "-"],
        env=scene.worker.environment,
        stdin=subprocess.PIPE,
    )
    assert load.stdin is not None
    load.stdin.write(scene.history.read_bytes())
    load.stdin.flush()
    load.kill()
    load.wait()
    open_load = subprocess.Popen(
        [sys.executable, "-c", LEAVE_A_LOAD_OPEN],
        env={**scene.worker.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert open_load.stdout is not None
    assert open_load.stdout.readline() == b"open\n"
    open_load.send_signal(signal.SIGKILL)
    open_load.wait()
    scene.backfill()
    found = read_all(apache, f"{namespace}-anomaly-baselines")
    assert len(found) == 2 * len(UNITS)


@pytest.mark.timeout(300)
def test_deleting_a_config_forgets_its_baselines(kafka: str, namespace: str, tmp_path: Path) -> None:
    scene = Scene(kafka, namespace, tmp_path)
    scene.backfill()
    anomaly_stream(scene.worker.environment, "configs", "delete", "window")
    anomaly_stream(scene.worker.environment, "configs", "apply", str(tmp_path / "configs.yaml"))
    with running(scene.worker):
        scene.publish(0, len(scene.live))
        scene.wait()
        wait_for_metric(scene.worker, "anomaly_stream_baselines_taken_total", lambda taken: taken == 12)
        assert scene.worker.stop() == 0
