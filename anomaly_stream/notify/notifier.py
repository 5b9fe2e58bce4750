"""Runs sessions of notifications until it is stopped: nothing is lost, and order is kept for each alert."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from anomaly_stream.errors import AnomalyStreamError, FencedError
from anomaly_stream.kafka.alerts_topic import AlertsReader
from anomaly_stream.notify.delivery import Dispatcher
from anomaly_stream.notify.journal import Journal
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.session import Session
from anomaly_stream.ops.health import Answer, Progress
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.silences.silence import Silence

logger = logging.getLogger(__name__)

_LEAST_WAIT_S, _MOST_WAIT_S = 0.5, 30.0


class Notifier:
    """The notifier of a namespace.

    A message is written to the journal before it is sent, and settled there after it is acknowledged. So a
    process that is killed between the two sends it again, with the same id; it sends nothing else twice.

    Args:
        root: the tree of routes.
        open_journal: opens the journal.
        open_reader: opens the alerts topic at these positions.
        open_dispatcher: starts the threads of the receivers.
        silences: all silences that were acknowledged before the call. Raises BrokerError.
        metrics: of the process.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        root: Route,
        open_journal: Callable[[], Journal],
        open_reader: Callable[[Mapping[int, int]], AlertsReader],
        open_dispatcher: Callable[[], Dispatcher],
        silences: Callable[[], Sequence[Silence]],
        metrics: NotifierMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._open_journal = open_journal
        self._open_reader = open_reader
        self._open_dispatcher = open_dispatcher
        self._silences = silences
        self._metrics = metrics
        self._clock = clock
        self._fault: str | None = "starting"
        self._failures = 0
        self._failing: frozenset[str] = frozenset()

    @property
    def ready(self) -> bool:
        """Whether Kafka is reached."""
        return self._fault is None

    def check(self) -> Answer:
        """For health: whether alerts are read."""
        is_working = self._fault is None
        return Answer(
            is_working, "alerts are read" if is_working else f"alerts are not delivered: {self._fault}"
        )

    def check_receivers(self) -> Answer:
        """For health: which receivers fail."""
        return Answer(not self._failing, f"receivers that fail: {', '.join(sorted(self._failing))}")

    def progress(self) -> list[Progress]:
        """For health: the loop itself is watched, and no partition."""
        return []

    def run(self, stopped: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Deliver until ``stopped`` is set; while Kafka is down it waits.

        Raises:
            FencedError: another notifier of the namespace has started.
        """
        while not stopped.is_set():
            try:
                self._deliver(stopped, beat)
            except FencedError:
                raise
            except AnomalyStreamError as error:
                if str(error) != self._fault:
                    logger.error("Alerts are not delivered; delivery is retried: %s", error)
                self._fault = str(error)
                self._failures += 1
                longest = min(_MOST_WAIT_S, _LEAST_WAIT_S * 2.0 ** min(self._failures, 16))
                stopped.wait(random.uniform(0.0, longest))
                beat()

    def _deliver(self, stopped: threading.Event, beat: Callable[[], None]) -> None:
        journal = self._open_journal()
        dispatcher = self._open_dispatcher()
        with self._open_reader(journal.positions) as reader:
            try:
                session = Session(
                    self._root, journal, reader, dispatcher, self._silences, self._metrics, self._clock
                )
                while not stopped.is_set():
                    session.step()
                    self._fault, self._failures = None, 0
                    self._failing = frozenset(session.failing)
                    beat()
            finally:
                dispatcher.close()
            session.finish()
