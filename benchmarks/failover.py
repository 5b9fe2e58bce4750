"""For how long partitions are silent when a worker is killed, and when workers are restarted one by one.

Two workers share the partitions: with default settings, then as static members with a longer session. Every
partition gets ten values per second, and every score is published; the silence of a partition is the longest
time between two of its scores.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from anomaly_stream.demo.watcher import read_metrics, total
from benchmarks.load import PARTITIONS
from benchmarks.processes import ContenderError
from benchmarks.topics import delete_topics
from tests.integration.flow import CONFIG, Flow
from tests.integration.workers import WorkerProcess, anomaly_stream

MOST_S = 15.0
"""The claimed silence after a SIGKILL with default settings."""
STATIC_SESSION_S = 30.0
"""The session timeout of static members, which must exceed the time of a restart."""
START_S = 400.0
SETTLE_S = 3.0
MEMBERSHIPS = ("dynamic", "static")

Report = Callable[[str], None]


def measure(bootstrap: str, namespace: str, on_progress: Report) -> tuple[list[str], list[tuple[str, bool]]]:
    """Lines to print, and the claim."""
    lines, killed = [], {}
    for membership in MEMBERSHIPS:
        name = f"{namespace}-{membership}"
        with tempfile.TemporaryDirectory(prefix="anomaly-stream-bench-") as directory:
            pair = _pair(bootstrap, name, Path(directory), membership)
            try:
                killed[membership], restarted = _measure(bootstrap, name, pair, on_progress)
            finally:
                _kill(pair)
                delete_topics(bootstrap, name)
        lines += [
            f"{membership} membership, a worker killed: its partitions silent for {killed[membership]:.1f} s",
            f"{membership} membership, workers restarted one by one: {restarted}",
        ]
    claim = f"partitions of a killed worker are silent for at most {MOST_S:g} s: {killed['dynamic']:.1f} s"
    return lines, [(claim, killed["dynamic"] <= MOST_S)]


def _pair(bootstrap: str, namespace: str, directory: Path, membership: str) -> list[WorkerProcess]:
    pair = []
    for name in ("first", "second"):
        worker = WorkerProcess(bootstrap, namespace, directory / name)
        worker.environment["ANOMALY_STREAM_TOPICS__PARTITIONS"] = str(PARTITIONS)
        for variable in ("SESSION_TIMEOUT_S", "CHECKPOINT_INTERVAL_S"):
            del worker.environment[f"ANOMALY_STREAM_WORKER__{variable}"]
        if membership == "static":
            worker.environment["ANOMALY_STREAM_WORKER__GROUP_INSTANCE_ID"] = name
            worker.environment["ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S"] = f"{STATIC_SESSION_S:g}"
        pair.append(worker)
    return pair


def _kill(pair: list[WorkerProcess]) -> None:
    for worker in pair:
        if worker.process is not None and worker.process.poll() is None:
            worker.kill()


def _measure(
    bootstrap: str, namespace: str, pair: list[WorkerProcess], on_progress: Report
) -> tuple[float, str]:
    """The longest silence after a SIGKILL, and the silence in each restart."""
    config = pair[0].directory / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    anomaly_stream(pair[0].environment, "topics", "create")
    anomaly_stream(pair[0].environment, "configs", "apply", str(config))
    with Flow(bootstrap, namespace).running() as flow:
        for worker in pair:
            worker.start()
        _share(pair, flow)
        restarts = []
        for worker in pair:
            begun = time.monotonic()
            worker.stop()
            worker.start()
            _share(pair, flow)
            restarts.append(_figures(flow, begun))
            on_progress(f"a worker restarted; silence by partition: {restarts[-1]}")
        begun = time.monotonic()
        pair[0].kill()
        flow.wait_for_all(START_S)
        on_progress(f"a worker killed; silence by partition: {_figures(flow, begun)}")
        return max(flow.silence(begun).values()), "; ".join(restarts)


def _figures(flow: Flow, begun: float) -> str:
    return ", ".join(f"{seconds:.1f} s" for seconds in flow.silence(begun).values())


def _share(pair: list[WorkerProcess], flow: Flow) -> None:
    """Wait until both workers hold partitions and every partition gives results."""
    deadline = time.monotonic() + START_S
    while not all(_held(worker) for worker in pair):
        if time.monotonic() > deadline:
            raise ContenderError(f"the workers do not share the partitions:\n{pair[0].tail()}")
        time.sleep(0.2)
    flow.wait_for_all(START_S)
    time.sleep(SETTLE_S)


def _held(worker: WorkerProcess) -> float:
    samples = read_metrics("127.0.0.1", worker.metrics_port)
    return 0.0 if samples is None else total(samples, "anomaly_stream_partitions") or 0.0
