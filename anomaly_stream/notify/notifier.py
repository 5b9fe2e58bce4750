"""Reads alert events, and delivers messages until it is stopped: nothing is lost, order is kept per alert."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping

from anomaly_stream.errors import AnomalyStreamError, FencedError
from anomaly_stream.kafka.alerts_topic import AlertsReader
from anomaly_stream.notify.delivery import Dispatcher, Result
from anomaly_stream.notify.dispatch import Delivery
from anomaly_stream.notify.grouping import Groups
from anomaly_stream.notify.journal import Journal
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.undelivered import record_of
from anomaly_stream.ops.health import Answer, Progress
from anomaly_stream.ops.notify_metrics import NotifierMetrics

logger = logging.getLogger(__name__)

_POLL_S = 0.05
_EVENTS = 500
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
        metrics: of the process.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        root: Route,
        open_journal: Callable[[], Journal],
        open_reader: Callable[[Mapping[int, int]], AlertsReader],
        open_dispatcher: Callable[[], Dispatcher],
        metrics: NotifierMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._open_journal = open_journal
        self._open_reader = open_reader
        self._open_dispatcher = open_dispatcher
        self._metrics = metrics
        self._clock = clock
        self._fault: str | None = "starting"
        self._failures = 0
        self._failing: set[str] = set()

    @property
    def ready(self) -> bool:
        """Whether Kafka is reached."""
        return self._fault is None

    def check(self) -> Answer:
        """For health: whether alerts are read, and which receivers fail."""
        if self._fault is not None:
            return Answer(False, f"alerts are not delivered: {self._fault}")
        failing = ", ".join(sorted(self._failing))
        return Answer(True, f"receivers that fail: {failing}" if failing else "alerts are delivered")

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
                    logger.error("Alerts are not delivered, and are tried again until they are: %s", error)
                self._fault = str(error)
                self._failures += 1
                longest = min(_MOST_WAIT_S, _LEAST_WAIT_S * 2.0 ** min(self._failures, 16))
                stopped.wait(random.uniform(0.0, longest))
                beat()

    def _deliver(self, stopped: threading.Event, beat: Callable[[], None]) -> None:
        journal, groups = self._open_journal(), Groups(self._root)
        rerouted = groups.restore(journal.records.items(), self._clock())
        if rerouted:
            logger.warning("The routes of %d alerts have changed: they are reported again", rerouted)
        dispatcher = self._open_dispatcher()
        with self._open_reader(journal.positions) as reader:
            for message in groups.outgoing():
                dispatcher.put(message, self._clock())
            try:
                while not stopped.is_set():
                    self._step(journal, groups, dispatcher, reader)
                    self._fault, self._failures = None, 0
                    beat()
            finally:
                dispatcher.close()
            self._settle(groups, dispatcher, dispatcher.results(), journal)

    def _step(self, journal: Journal, groups: Groups, dispatcher: Dispatcher, reader: AlertsReader) -> None:
        events = reader.poll(_EVENTS, _POLL_S)
        now = self._clock()
        for event in events:
            groups.take(event, now)
        self._metrics.events.inc(len(events))
        given_up = self._ended(groups, dispatcher, dispatcher.results())
        messages = groups.due(now)
        journal.write(groups.changes(), reader.positions, [record_of(each, now) for each in given_up])
        for message in messages:
            dispatcher.put(message, now)
        dispatcher.start(now)
        self._report(dispatcher)

    def _settle(
        self, groups: Groups, dispatcher: Dispatcher, results: list[Result], journal: Journal
    ) -> None:
        """Write what was delivered while the process was stopped."""
        given_up = self._ended(groups, dispatcher, results)
        journal.write(groups.changes(), {}, [record_of(each, self._clock()) for each in given_up])

    def _ended(self, groups: Groups, dispatcher: Dispatcher, results: list[Result]) -> list[Delivery]:
        """Settle the messages of ``results``; returns those that are given up."""
        given_up = []
        for result in results:
            message = result.delivery.message
            queue = dispatcher.queues[message.receiver]
            if result.error is None:
                queue.succeed()
                groups.settle(message.group_id, result.at)
                self._metrics.delivered.labels(message.receiver).inc()
                if not message.is_reminder:
                    for event in (event for news in message.alerts for event in news.events):
                        self._metrics.latency.labels(message.receiver).observe(
                            max(0.0, result.at - event.timestamp)
                        )
            elif queue.fail(result.delivery, result.error, result.at):
                self._metrics.retried.labels(message.receiver).inc()
            else:
                given_up.append(result.delivery)
        for queue in dispatcher.queues.values():
            given_up += queue.expire(self._clock())
        for delivery in given_up:
            message = delivery.message
            self._metrics.failed.labels(message.receiver).inc()
            logger.error(
                "A message to %s is given up after %d attempts: %s",
                message.receiver,
                delivery.attempts,
                delivery.reason,
            )
            groups.settle(message.group_id, self._clock())
        return given_up

    def _report(self, dispatcher: Dispatcher) -> None:
        for name, queue in dispatcher.queues.items():
            self._metrics.queued.labels(name).set(len(queue))
            self._metrics.circuit_open.labels(name).set(queue.is_open)
            if queue.is_open and name not in self._failing:
                logger.error("Receiver %s fails again and again; the others are not delayed", name)
                self._failing.add(name)
            elif not queue.is_open and name in self._failing:
                logger.warning("Receiver %s takes messages again", name)
                self._failing.discard(name)
