"""Reads the worker's output: the alerts topic and its Prometheus metrics."""

import threading
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.kafka.alerts_topic import AlertsReader
from anomaly_stream.settings import Settings

Samples = dict[str, list[tuple[dict[str, str], float]]]


class AlertWatcher(threading.Thread):
    """A thread that adds every alert event to the scoreboard."""

    def __init__(self, settings: Settings, board: Scoreboard) -> None:
        super().__init__(name="alerts", daemon=True)
        self._settings = settings
        self._board = board
        self._stopped = threading.Event()

    def run(self) -> None:
        """Read until stopped."""
        with AlertsReader(self._settings) as reader:
            while not self._stopped.is_set():
                for event in reader.poll():
                    self._board.add(event)

    def stop(self) -> None:
        """End the thread; waits for it."""
        self._stopped.set()
        self.join(10)


def read_metrics(host: str, port: int) -> Samples | None:
    """The worker's metrics by sample name; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=2) as answer:
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
    samples: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return samples


def total(samples: Samples, name: str) -> float:
    """The sum of all samples of a name, over all labels."""
    return sum(value for _, value in samples.get(name, ()))
