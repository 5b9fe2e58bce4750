"""One run of the demo: broker, topics, configs, a worker process, replay, live view, summary."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from anomaly_stream.demo.feeder import Feeder
from anomaly_stream.demo.fleet import simulate
from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.demo.sources import FLOW_STRETCHES
from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.watcher import AlertWatcher, Samples, read_metrics, total
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import config_context, publish_configs, read_configs
from anomaly_stream.kafka.embedded import EmbeddedBroker
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.settings import Settings, load_settings

_HOSTS, _DAYS = 240, 28
_WORKER_START_S = 120.0
_LIVE_S = 30.0

Progress = Callable[[Summary, int, Scoreboard, str], None]


def run_demo(duration_s: float | None, progress: Progress) -> Summary:
    """Run the demo; ``progress`` is called about four times a second.

    Args:
        duration_s: seconds from the first observation on; None: until history is replayed, and half a
            minute of this host after it. Ctrl-C ends it earlier, with the summary of the results so far.

    Raises:
        BrokerError: the embedded broker does not start.
        AnomalyStreamError: the worker ended unexpectedly.
    """
    directory = Path(tempfile.mkdtemp(prefix="anomaly-stream-demo-"))
    try:
        progress(Summary(), 0, Scoreboard(()), "starting the broker")
        with EmbeddedBroker() as broker:
            run = _Run(broker.bootstrap_servers, directory, progress)
            return run.play(duration_s)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Run:
    """The processes and threads of one run, and its clock."""

    def __init__(self, bootstrap_servers: str, directory: Path, progress: Progress) -> None:
        self._directory = directory
        self._progress = progress
        self._environment = {
            **os.environ,
            "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
            "ANOMALY_STREAM_DATA_DIR": str(directory / "data"),
            "ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S": "6",
            "ANOMALY_STREAM_WORKER__FENCING": "off",  # the embedded broker has no transactions
            "ANOMALY_STREAM_METRICS__PORT": str(_free_port()),
        }
        self._fleet = simulate(_HOSTS, _DAYS)
        self._board = Scoreboard((*FLOW_STRETCHES, *self._fleet.faults))
        self._summary = Summary()

    def play(self, duration_s: float | None) -> Summary:
        """Start everything, watch, stop everything."""
        settings = load_settings(None, self._environment)
        names = TopicNames.of(settings)
        create_topics(settings)
        _apply_configs(settings)
        client = settings.kafka.client_options()
        feeder = Feeder(client, names.metrics[0], self._fleet)
        watcher = AlertWatcher(settings, self._board)
        with self._worker() as worker, contextlib.suppress(KeyboardInterrupt):
            self._wait_for_worker(worker, settings)
            watcher.start()
            feeder.start()
            try:
                self._watch(worker, feeder, settings, duration_s)
            finally:
                feeder.stop()
                watcher.stop()
        return self._summary

    def _watch(
        self, worker: subprocess.Popen[bytes], feeder: Feeder, settings: Settings, duration_s: float | None
    ) -> None:
        """Read and show the worker's metrics until the time is over."""
        started = time.monotonic()
        replayed_at: float | None = None
        while True:
            time.sleep(0.25)
            elapsed = time.monotonic() - started
            samples = read_metrics(settings.metrics.host, settings.metrics.port)
            if samples is None:
                self._raise_if_ended(worker)
                continue
            lag = self._read(samples, elapsed if replayed_at is None else None)
            if (
                replayed_at is None
                and feeder.replayed.is_set()
                and self._summary.observations >= feeder.history
            ):
                replayed_at = elapsed
                self._summary.replay_complete = True
            phase = "replaying history" if replayed_at is None else "reading this host"
            self._progress(self._summary, lag, self._board, phase)
            ends = duration_s if duration_s is not None else (replayed_at or elapsed) + _LIVE_S
            if elapsed >= ends:
                return

    def _read(self, samples: Samples, replay_s: float | None) -> int:
        """Bring the summary up to date; returns the lag in messages."""
        summary = self._summary
        summary.observations = int(total(samples, "anomaly_stream_observations_total"))
        summary.series = int(total(samples, "anomaly_stream_series"))
        summary.dead_letters = int(total(samples, "anomaly_stream_dead_letters_total"))
        summary.anomalies = {
            labels["severity"]: int(value)
            for labels, value in samples.get("anomaly_stream_anomalies_total", ())
        }
        summary.alerts, summary.alerts_outside = self._board.alerts, self._board.outside
        summary.stretches = self._board.found()
        if replay_s:
            summary.observations_per_s = summary.observations / replay_s
            if summary.first_alert_s is None and summary.alerts:
                summary.first_alert_s = round(replay_s, 1)
        return int(total(samples, "anomaly_stream_lag"))

    @contextlib.contextmanager
    def _worker(self) -> Iterator[subprocess.Popen[bytes]]:
        with self._log.open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "anomaly_stream", "worker"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # this process handles Ctrl-C
            )
            try:
                yield worker
            finally:
                worker.send_signal(signal.SIGTERM)
                try:
                    worker.wait(20)
                except subprocess.TimeoutExpired:
                    worker.kill()

    def _wait_for_worker(self, worker: subprocess.Popen[bytes], settings: Settings) -> None:
        """Wait until the worker holds partitions. It may have to compile kernels and wait for the broker."""
        deadline = time.monotonic() + _WORKER_START_S
        while time.monotonic() < deadline:
            samples = read_metrics(settings.metrics.host, settings.metrics.port)
            if samples is not None and total(samples, "anomaly_stream_partitions"):
                return
            self._raise_if_ended(worker)
            self._progress(self._summary, 0, self._board, "starting the worker")
            time.sleep(0.25)
        raise AnomalyStreamError(f"the worker is not ready after {_WORKER_START_S:.0f} s:\n{self._tail()}")

    def _raise_if_ended(self, worker: subprocess.Popen[bytes]) -> None:
        if worker.poll() is not None:
            raise AnomalyStreamError(f"the worker ended unexpectedly:\n{self._tail()}")

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    @property
    def _log(self) -> Path:
        return self._directory / "worker.log"


def _apply_configs(settings: Settings) -> None:
    text = (files("anomaly_stream.demo") / "configs.yaml").read_text()
    registry = read_configs(settings)
    revised = [
        registry.revise(parsed, "demo", int(time.time() * 1000))
        for parsed in parse_document(text, "configs.yaml", config_context(settings))
    ]
    publish_configs(settings, [record for record in revised if record is not None])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
