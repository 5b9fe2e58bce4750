"""The worker itself: the process that ``anomaly-stream worker`` starts, with its settings' defaults.

It is not changed for the benchmark. Its progress is read from its Prometheus endpoint, its CPU time from the
system. The measured part runs from one checkpoint to another, so it includes the cost of checkpoints.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import yaml
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from anomaly_stream.alerts.wording import plural
from anomaly_stream.ops.metrics import WorkerMetrics
from benchmarks.load import BASELINE_PERIOD_S, METRIC, PARTITIONS, WINDOW_POINTS
from benchmarks.measurement import Measurement
from benchmarks.processes import COMMAND, STOP_TIMEOUT_S, ContenderError, anomaly_stream, last_words, running
from benchmarks.topics import delete_topics
from tests.brokers.broker import free_port

METRICS_TOPIC = "metrics"
"""The default name of the topic in the settings, without the namespace."""
_METRICS = WorkerMetrics(CollectorRegistry())
CONSUMED = f"{next(iter(_METRICS.observations.describe())).name}_total"
SCORED = f"{next(iter(_METRICS.scored.describe())).name}_total"
CHECKPOINT_SECONDS = f"{next(iter(_METRICS.checkpoint_seconds.describe())).name}_sum"
CHECKPOINTS = f"{next(iter(_METRICS.checkpoint_seconds.describe())).name}_count"
SAMPLE_S = 0.1
STALL_S = 90.0
GROUP_TIMEOUT_S = 60.0
"""It is longer than the worker's session timeout, after which a consumer group is empty."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Counters of the worker at a time (``seconds`` of an arbitrary clock)."""

    seconds: float
    cpu_seconds: float
    observations: int
    scored: int
    checkpoints: int
    checkpoint_seconds: float = 0.0


def measure(bootstrap: str, namespace: str, warm_up: int, total: int) -> Measurement:
    """Run a fresh worker over the metrics topic of ``namespace``, which holds ``total`` observations."""
    with tempfile.TemporaryDirectory(prefix="anomaly-stream-bench-") as name:
        directory = Path(name)
        port = free_port()
        settings = write_settings(directory, bootstrap, namespace, port)
        anomaly_stream("topics", "create", "--settings", str(settings))
        anomaly_stream("configs", "apply", str(write_config(directory)), "--settings", str(settings))
        try:
            samples = _run(settings, port, directory / "worker.log", total)
        finally:
            forget(bootstrap, namespace)
    return steady_part(samples, warm_up)


def steady_part(samples: Sequence[Sample], warm_up: int) -> Measurement:
    """The measurement between the first and the last checkpoint after ``warm_up`` observations.

    Without two such checkpoints, it covers all samples after ``warm_up``, and the remark says so. Raises
    ContenderError if there is no sample, or if not every observation was scored.
    """
    full = [sample for sample in samples if sample.observations >= warm_up]
    after = [sample for before, sample in pairwise(full) if sample.checkpoints > before.checkpoints]
    begin, end = (after[0], after[-1]) if len(after) > 1 else (full[0], full[-1]) if full else (None, None)
    if begin is None or end is None or end.observations <= begin.observations:
        raise ContenderError("too few observations: the worker had read all of them before a measurement")
    if end.scored - begin.scored != end.observations - begin.observations:
        raise ContenderError(f"not every observation was scored: {begin} to {end}")
    checkpoints = end.checkpoints - begin.checkpoints
    return Measurement(
        end.observations - begin.observations,
        end.seconds - begin.seconds,
        end.cpu_seconds - begin.cpu_seconds,
        f"{plural(checkpoints, 'checkpoint')} in {end.seconds - begin.seconds:.0f} s",
    )


def _run(settings: Path, port: int, log: Path, total: int) -> list[Sample]:
    with running(worker_command(settings), log) as process:
        return list(watch(process, port, log, total))


def worker_command(settings: Path) -> list[str]:
    """The command line of a worker with these settings."""
    return [COMMAND, "worker", "--settings", str(settings)]


def watch(process: "subprocess.Popen[str]", port: int, log: Path, total: int) -> Iterator[Sample]:
    """Samples until everything is read. Raises ContenderError if the worker ends or stalls."""
    watched = psutil.Process(process.pid)
    done, moved = 0, time.monotonic()
    while done < total:
        time.sleep(SAMPLE_S)
        if process.poll() is not None or time.monotonic() - moved > STALL_S:
            raise ContenderError(f"the worker stopped at {done:,} of {total:,}:\n{last_words(log)}")
        sample = take_sample(watched, port)
        if sample is None:
            continue
        if sample.observations > done:
            done, moved = sample.observations, time.monotonic()
        yield sample


def take_sample(watched: psutil.Process, port: int) -> Sample | None:
    """One sample; None while the endpoint is not up yet."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=STOP_TIMEOUT_S) as answer:
            text = answer.read().decode()
    except (URLError, ConnectionError):
        return None
    now, cpu = time.perf_counter(), watched.cpu_times()
    values = {
        found.name: found.value
        for family in text_string_to_metric_families(text)
        for found in family.samples
        if found.name in (CONSUMED, SCORED, CHECKPOINTS, CHECKPOINT_SECONDS)
    }
    return Sample(
        now,
        cpu.user + cpu.system,
        int(values[CONSUMED]),
        int(values[SCORED]),
        int(values[CHECKPOINTS]),
        values[CHECKPOINT_SECONDS],
    )


def write_settings(directory: Path, bootstrap: str, namespace: str, port: int) -> Path:
    """Settings: addresses and directories; everything else keeps its default."""
    path = directory / "settings.yaml"
    document = {
        "kafka": {"bootstrap_servers": bootstrap},
        "namespace": namespace,
        "data_dir": str(directory / "data"),
        "topics": {"partitions": PARTITIONS},
        "metrics": {"port": port},
    }
    path.write_text(yaml.safe_dump(document))
    return path


def write_config(directory: Path) -> Path:
    """The config of the job: the three window detectors over full windows."""
    path = directory / "config.yaml"
    document = {
        "id": "bench",
        "metric": METRIC,
        "detectors": ["zscore", "modified_zscore", "iqr"],
        "baseline_period": BASELINE_PERIOD_S,
        "window_points": WINDOW_POINTS,
    }
    path.write_text(yaml.safe_dump(document))
    return path


def forget(bootstrap: str, namespace: str) -> None:
    """Delete the topics and the group of a worker, so that the next one starts without state."""
    delete_topics(bootstrap, namespace, keep=(f"{namespace}-{METRICS_TOPIC}",))
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + GROUP_TIMEOUT_S
    while (code := _delete_group(admin, f"{namespace}-anomaly-stream")) == KafkaError.NON_EMPTY_GROUP:
        if time.monotonic() > deadline:
            raise ContenderError(f"the worker's group still has members after {GROUP_TIMEOUT_S:g} s")
        time.sleep(1)
    if code not in (None, KafkaError.GROUP_ID_NOT_FOUND):
        raise ContenderError(f"the worker's group cannot be deleted: error {code}")


def _delete_group(admin: AdminClient, group: str) -> int | None:
    """Delete a consumer group; returns the error code, if any."""
    for deleted in admin.delete_consumer_groups([group]).values():
        try:
            deleted.result(STOP_TIMEOUT_S)
        except KafkaException as error:
            return int(error.args[0].code())
    return None
