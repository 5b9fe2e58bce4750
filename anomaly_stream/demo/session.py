"""One run of the demo: broker, topics, configs, a worker process, the API, replay, live view, summary."""

import contextlib
import math
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path

from anomaly_stream.alerts.wording import clock
from anomaly_stream.demo.feeder import DAYS_PER_S, Feeder
from anomaly_stream.demo.picture import draw
from anomaly_stream.demo.processes import has_api, raise_if_ended, started, tail_of, wait_for_api
from anomaly_stream.demo.scenario import simulate
from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.demo.sources import FLOW_STRETCHES, history
from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.watcher import AlertWatcher, read_metrics, total
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import Change, config_writer
from anomaly_stream.kafka.embedded import EmbeddedBroker
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.registry.parsing import Config, parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings, load_settings

_WORKER_START_S = 120.0
_API_START_S = 60.0
_LIVE_S = 30.0
_HOLD_S = 1.5
"""Alerts are shown this long after their observations were published, so that they can be shown in order."""

Progress = Callable[[Summary, Sequence[AlertEvent], str], None]
"""Called with the summary so far, all alert events so far in order of event time, and the phase."""


def run_demo(duration_s: float | None, progress: Progress) -> tuple[Summary, Callable[[], str]]:
    """Run the demo; ``progress`` is called about four times a second.

    Args:
        duration_s: seconds from the first observation on; None: until history is replayed, and half a
            minute of this host after it. Ctrl-C ends it earlier, with the summary of the results so far.
        progress: shows how far it is.

    Returns:
        The summary, and a function that draws the report of everything that was published, as HTML.

    Raises:
        BrokerError: the embedded broker does not start.
        AnomalyStreamError: the worker ended unexpectedly.
    """
    directory = Path(tempfile.mkdtemp(prefix="anomaly-stream-demo-"))
    try:
        progress(Summary(), [], "starting the broker")
        with EmbeddedBroker() as broker:
            run = _Run(broker.bootstrap_servers, directory, progress)
            return run.play(duration_s)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Run:
    """The processes and threads of one run."""

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
            "ANOMALY_STREAM_API__PORT": str(_free_port()),
            "ANOMALY_STREAM_API__METRICS_PORT": "0",
        }
        self._settings = load_settings(None, self._environment)
        self._scenario = simulate()
        self._board = Scoreboard((*FLOW_STRETCHES, *self._scenario.stretches))
        self._summary = Summary()
        self._api_note = ""

    def play(self, duration_s: float | None) -> tuple[Summary, Callable[[], str]]:
        """Start everything, watch, stop everything."""
        settings = self._settings
        create_topics(settings)
        configs = _apply_configs(settings)
        topic = TopicNames.of(settings).metrics[0]
        feeder = Feeder(settings.kafka.client_options(), topic, list(history(self._scenario)))
        watcher = AlertWatcher(settings, self._board)
        with (
            started(["worker"], self._environment, self._log) as worker,
            contextlib.suppress(KeyboardInterrupt),
            self._api(),
        ):
            self._wait_for_worker(worker)
            watcher.start()
            feeder.start()
            try:
                self._watch(worker, feeder, duration_s)
            finally:
                feeder.stop()
                watcher.stop()
        self._show_end(_processed(feeder))
        bands = settings.severity.bands()
        return self._summary, partial(draw, feeder.published, configs, bands, self._board.stretches)

    def _watch(self, worker: subprocess.Popen[bytes], feeder: Feeder, duration_s: float | None) -> None:
        """Read and show the worker's metrics until the time is over."""
        started = time.monotonic()
        replayed_at: float | None = None
        while True:
            time.sleep(0.25)
            elapsed = time.monotonic() - started
            if not self._read(worker):
                continue
            if replayed_at is None and feeder.replayed.is_set():
                replayed_at = elapsed
                self._summary.replay_complete = True
            if replayed_at is None:
                now = _processed(feeder)
                self._show(now, f"replaying, a day per second{self._api_note}: {clock(now)}")
            else:
                self._show(math.inf, f"reading this host{self._api_note}")
            ends = duration_s if duration_s is not None else (replayed_at or elapsed) + _LIVE_S
            if elapsed >= ends:
                return

    def _show_end(self, replayed: float) -> None:
        """Release all alerts; faults that the replay has not reached are not counted."""
        self._board.release()
        if not self._summary.replay_complete:
            self._summary.replayed_until = replayed
        self._show(replayed, "")

    def _show(self, until: float, phase: str) -> None:
        """Release the alerts up to an event time, and show the state of the demo."""
        self._board.release(until)
        summary, board = self._summary, self._board
        summary.alerts, summary.alerts_outside = board.by_status["firing"], board.outside
        summary.stretches = board.found(math.inf if summary.replay_complete else until)
        self._progress(summary, board.released, phase)

    def _read(self, worker: subprocess.Popen[bytes]) -> bool:
        """Bring the counts of the summary up to date; False if the worker does not answer now."""
        samples = read_metrics(self._settings.metrics.host, self._settings.metrics.port)
        if samples is None:
            raise_if_ended(worker, "worker", self._log)
            return False
        summary = self._summary
        summary.observations = int(total(samples, "anomaly_stream_observations_total"))
        summary.series = int(total(samples, "anomaly_stream_series"))
        summary.dead_letters = int(total(samples, "anomaly_stream_dead_letters_total"))
        summary.anomalies = {
            labels["severity"]: int(value)
            for labels, value in samples.get("anomaly_stream_anomalies_total", ())
        }
        return True

    @contextlib.contextmanager
    def _api(self) -> Iterator[None]:
        """The configuration API, if its packages are installed, and its address in the phase."""
        if not has_api():
            yield
            return
        url = f"http://127.0.0.1:{self._environment['ANOMALY_STREAM_API__PORT']}"
        log = self._directory / "api.log"
        with started(["api", "--insecure-no-auth"], self._environment, log) as process:
            self._progress(self._summary, [], "starting the API")
            wait_for_api(process, url, log, _API_START_S)
            self._api_note = f", API at {url}/docs"
            yield

    def _wait_for_worker(self, worker: subprocess.Popen[bytes]) -> None:
        """Wait until the worker holds partitions. It may have to compile kernels and wait for the broker."""
        deadline = time.monotonic() + _WORKER_START_S
        while time.monotonic() < deadline:
            samples = read_metrics(self._settings.metrics.host, self._settings.metrics.port)
            if samples is not None and total(samples, "anomaly_stream_partitions"):
                return
            raise_if_ended(worker, "worker", self._log)
            self._progress(self._summary, [], "starting the worker")
            time.sleep(0.25)
        raise AnomalyStreamError(
            f"the worker is not ready after {_WORKER_START_S:.0f} s:\n{tail_of(self._log)}"
        )

    @property
    def _log(self) -> Path:
        return self._directory / "worker.log"


def _processed(feeder: Feeder) -> float:
    """The event time up to which the worker has certainly answered."""
    return feeder.clock - _HOLD_S * DAYS_PER_S * 86_400


def _apply_configs(settings: Settings) -> list[Config]:
    text = (files("anomaly_stream.demo") / "configs.yaml").read_text()
    parsed = parse_document(text, "configs.yaml", config_context(settings))
    written_ms = now_ms()

    def decide(registry: Registry) -> list[Change]:
        revised = [registry.revise(one, "demo", written_ms) for one in parsed]
        return [record for record in revised if record is not None]

    with config_writer(settings) as writer:
        writer.write(decide)
    return [one.config for one in parsed]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
