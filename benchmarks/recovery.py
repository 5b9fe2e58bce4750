"""Recovery time of a worker, from the changelog and from its own RocksDB.

The changelog is filled with the state of many series with full windows, one record per key, as after
compaction. A worker with default settings starts on an empty directory, is stopped, and starts again.
"""

import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import yaml
from confluent_kafka import KafkaError, KafkaException, Producer

from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings
from benchmarks.engine import LEVELS
from benchmarks.load import METRIC, PARTITIONS, WINDOW_POINTS
from benchmarks.processes import COMMAND, STOP_TIMEOUT_S, ContenderError, anomaly_stream, last_words, running
from benchmarks.state import CONFIG_ID, PERIOD_S, SETTLING, Reporting
from benchmarks.worker import forget
from tests.brokers.broker import free_port

TIMEOUT_S = 300.0
LOOK_S = 0.1
CHECKPOINTS = SETTLING + 20
"""This many checkpoints follow after the windows are full, so that heads and chunks are as in normal use."""
_STAMP = r"^(\S+Z) .*"
_BEGUN = re.compile(_STAMP + r"Claiming partitions \[0", re.MULTILINE)
_DONE = re.compile(_STAMP + r"Holding partitions \[0", re.MULTILINE)
_ROWS = re.compile(r"Partition \d+: ([\d,]+) row")


def measure(bootstrap: str, namespace: str, series: int, on_progress: Callable[[str], None]) -> list[str]:
    """Lines to print. Raises ContenderError if the worker does not recover every series."""
    with tempfile.TemporaryDirectory(prefix="anomaly-stream-bench-") as name:
        directory = Path(name)
        settings = _write_settings(directory, bootstrap, namespace)
        anomaly_stream("topics", "create", "--settings", str(settings))
        anomaly_stream("configs", "apply", str(_write_config(directory)), "--settings", str(settings))
        topic = TopicNames.of(Settings(namespace=namespace)).changelog
        try:
            records, size = _fill_changelog(bootstrap, topic, series, on_progress)
            seconds = {}
            for source in ("changelog", "RocksDB"):
                seconds[source] = _recover(settings, directory / f"{source}.log", series)
                on_progress(f"recovered from {source} in {seconds[source]:.1f} s")
        finally:
            forget(bootstrap, namespace)
    return [
        f"{series:,} series, windows of {WINDOW_POINTS}: {records:,} records, {size / 2**20:,.0f} MiB, in"
        f" {PARTITIONS} partitions, one worker",
        f"from the changelog, its directory empty: {seconds['changelog']:.1f} s",
        f"from its RocksDB: {seconds['RocksDB']:.1f} s",
    ]


def _fill_changelog(
    bootstrap: str, topic: str, series: int, on_progress: Callable[[str], None]
) -> tuple[int, int]:
    """Write the state of all series; returns the number of records, and their bytes."""
    failed: list[KafkaError] = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 2_000_000,
            "queue.buffering.max.kbytes": 2**20,
            "delivery.report.only.error": True,
            "on_delivery": lambda error, _: failed.append(error) if error else None,
        }
    )
    records = size = 0
    for partition in range(PARTITIONS):
        for key, value in _state(partition, series).items():
            producer.produce(topic, value, key, partition)
            records, size = records + 1, size + len(key) + len(value)
        producer.flush()
        on_progress(f"state of {partition + 1} of {PARTITIONS} partitions written")
    if failed:
        raise KafkaException(failed[0])
    return records, size


def _state(partition: int, series: int) -> dict[bytes, bytes]:
    reporting, state = Reporting(partition, series), dict[bytes, bytes]()
    reporting.fill()
    for _ in range(CHECKPOINTS):
        reporting.report()
        state |= {key: value for key, value in reporting.checkpoint() if value is not None}
    return state


def _recover(settings: Path, log: Path, series: int) -> float:
    """Run the worker until it holds its partitions; returns seconds since the assignment."""
    with running([COMMAND, "worker", "--settings", str(settings)], log) as process:
        text = _wait_for(_DONE, process, log)
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT_S)
    rows = sum(int(found.replace(",", "")) for found in _ROWS.findall(text))
    if rows != series:
        raise ContenderError(f"{rows:,} rows of {series:,} were recovered:\n{last_words(log)}")
    begun, done = _BEGUN.search(text), _DONE.search(text)
    if begun is None or done is None:
        raise ContenderError(f"no times in the log:\n{last_words(log)}")
    return (_time(done[1]) - _time(begun[1])).total_seconds()


def _wait_for(pattern: re.Pattern[str], process: "subprocess.Popen[str]", log: Path) -> str:
    deadline = time.monotonic() + TIMEOUT_S
    while not pattern.search(text := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ContenderError(f"the worker did not recover:\n{last_words(log)}")
        time.sleep(LOOK_S)
    return text


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def _write_settings(directory: Path, bootstrap: str, namespace: str) -> Path:
    path = directory / "settings.yaml"
    document = {
        "kafka": {"bootstrap_servers": bootstrap},
        "namespace": namespace,
        "data_dir": str(directory / "data"),
        "topics": {"partitions": PARTITIONS},
        "metrics": {"port": free_port()},
    }
    path.write_text(yaml.safe_dump(document))
    return path


def _write_config(directory: Path) -> Path:
    path = directory / "config.yaml"
    document = {
        "id": CONFIG_ID,
        "metric": METRIC,
        "detectors": list(LEVELS),
        "baseline_period": PERIOD_S,
        "window_points": WINDOW_POINTS,
    }
    path.write_text(yaml.safe_dump(document))
    return path
