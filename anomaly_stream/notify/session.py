"""One run of the notifier, from its journal on: reads events, makes messages, settles what was delivered."""

import logging
from collections.abc import Callable, Sequence

from anomaly_stream.alerts.wording import plural
from anomaly_stream.kafka.alerts_topic import AlertsReader, ReceivedAlert
from anomaly_stream.notify.default_texts import default_title
from anomaly_stream.notify.delivery import Dispatcher, Result
from anomaly_stream.notify.dispatch import Delivery
from anomaly_stream.notify.grouping import Groups
from anomaly_stream.notify.journal import Journal
from anomaly_stream.notify.outages import Outages
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.silencing import Silencing
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.undelivered import record_of
from anomaly_stream.ops import terminal
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.silences.silence import Silence

logger = logging.getLogger(__name__)

_POLL_S = 0.05
_POLL_IN_FLIGHT_S = 0.003
_EVENTS = 500
_RELEASE_EVERY_S = 5.0
_STALL_S = 5.0
"""A step takes milliseconds. One that takes longer has waited for Kafka, or the process was paused."""


class Session:
    """For use by one thread.

    Args:
        root: the tree of routes.
        journal: the state of the session before.
        reader: the alerts topic, at the positions of the journal.
        dispatcher: the queues of the receivers, empty.
        silences: all silences that were acknowledged before the call. Raises BrokerError.
        metrics: of the process.
        clock: seconds since the epoch.

    Attributes:
        failing: the receivers whose circuit is open.
    """

    def __init__(
        self,
        root: Route,
        journal: Journal,
        reader: AlertsReader,
        dispatcher: Dispatcher,
        silences: Callable[[], Sequence[Silence]],
        metrics: NotifierMetrics,
        clock: Callable[[], float],
    ) -> None:
        self.failing: set[str] = set()
        self._journal = journal
        self._reader = reader
        self._dispatcher = dispatcher
        self._silences = silences
        self._metrics = metrics
        self._delivered = {name: metrics.delivered.labels(name) for name in dispatcher.queues}
        self._latency = {name: metrics.latency.labels(name) for name in dispatcher.queues}
        self._clock = clock
        self._groups = Groups(root)
        self._outages = Outages()
        self._known: Sequence[Silence] = ()
        self._released_at = 0.0
        now = self._stepped_at = clock()
        rerouted = self._groups.restore(journal.records.items(), now)
        if rerouted:
            logger.warning(
                "Routes have changed: of old ones, %s reported again",
                plural(rerouted, "alert is", "alerts are"),
            )
        self._silencing = Silencing(journal.records.items(), self._groups.open_events())
        for message in self._groups.outgoing():
            dispatcher.put(message, now)

    def step(self) -> None:
        """Take the next events, and go on with deliveries. Raises FencedError, BrokerError."""
        is_busy = any(queue.is_in_flight for queue in self._dispatcher.queues.values())
        received = self._reader.receive(_EVENTS, _POLL_IN_FLIGHT_S if is_busy else _POLL_S)
        now = self._clock()
        is_release_due = not received and now - self._released_at > _RELEASE_EVERY_S
        if received or is_release_due:
            self._known = self._silences()  # read after the events: no earlier one is missing
        silences = self._known
        self._take(received, silences, now)
        if is_release_due:
            self._released_at = now
            self._journal.confirm()
            for event in self._silencing.released(now, silences):
                self._groups.take(event, now)
        self._rest()
        given_up = self._ended(self._dispatcher.results())
        messages = self._groups.due(now, lambda event: self._silencing.is_silenced(event, now, silences))
        self._write(given_up)
        for message in messages:
            self._dispatcher.put(message, now)
        self._dispatcher.start(now)
        self._report(now)

    def finish(self) -> None:
        """Write what was delivered since the last step. Raises FencedError, BrokerError."""
        self._write(self._ended(self._dispatcher.results()))

    def _rest(self) -> None:
        """Tell the queues of a step in which no attempt could begin."""
        now = self._clock()
        lasted, self._stepped_at = now - self._stepped_at, now
        if lasted > _STALL_S:
            for queue in self._dispatcher.queues.values():
                queue.rest(lasted)

    def _take(self, received: list[ReceivedAlert], silences: Sequence[Silence], now: float) -> None:
        for event, published_at_ms in sorted(received, key=_order):
            self._metrics.events.inc()
            if self._silencing.suppresses(event, published_at_ms, silences):
                self._metrics.suppressed.inc()
            elif not self._groups.take(event, now):
                (self._metrics.unknown if event.status == "resolved" else self._metrics.dropped).inc()

    def _write(self, given_up: list[Delivery]) -> None:
        changes = [*self._groups.changes(), *self._silencing.changes()]
        now = self._clock()
        # A reminder is not kept: its alerts are open, and the next one has them.
        kept = [record_of(each, now) for each in given_up if not each.message.is_reminder]
        self._journal.write(changes, self._reader.positions, kept)

    def _ended(self, results: list[Result]) -> list[Delivery]:
        """Settle the messages of ``results``; returns those that are given up."""
        given_up = []
        for result in results:
            message = result.delivery.message
            queue = self._dispatcher.queues[message.receiver]
            if result.error is not None and not result.error.is_final:
                self._outages.failed(message.receiver, str(result.error), result.at, result.error.explained)
            if result.error is None:
                queue.succeed()
                self._outages.succeeded(message.receiver, result.at)
                self._groups.settle(message.group_id, result.at)
                self._count_delivered(message, result.at)
            elif queue.fail(result.delivery, result.error, result.at):
                self._metrics.retried.labels(message.receiver).inc()
            else:
                given_up.append(result.delivery)
        for queue in self._dispatcher.queues.values():
            given_up += queue.expire(self._clock())
        for delivery in given_up:
            self._give_up(delivery)
        return given_up

    def _count_delivered(self, message: Message, at: float) -> None:
        self._delivered[message.receiver].inc()
        if not message.is_reminder:
            latency = self._latency[message.receiver]
            for news in message.alerts:
                for event in news.events:
                    latency.observe(max(0.0, at - event.timestamp))

    def _give_up(self, delivery: Delivery) -> None:
        message = delivery.message
        self._metrics.failed.labels(message.receiver).inc()
        logger.error(
            "%s %s to %s (%s) is given up after %s of this process: %s%s",
            "Reminder" if message.is_reminder else "Message",
            *(message.id, message.receiver, terminal.line(default_title(message))),
            *(plural(delivery.attempts, "attempt"), delivery.reason),
            "" if message.is_reminder else "; to deliver it later: anomaly-stream notify replay-dead",
        )
        self._groups.settle(message.group_id, self._clock())

    def _report(self, now: float) -> None:
        for name, queue in self._dispatcher.queues.items():
            self._metrics.queued.labels(name).set(len(queue))
            self._metrics.circuit_open.labels(name).set(queue.is_held_up)
            self._outages.report(name, queue.is_open, now)
        self.failing = {name for name, queue in self._dispatcher.queues.items() if queue.is_held_up}


def _order(received: ReceivedAlert) -> tuple[int, str]:
    """The order in which the history judges events too."""
    return received.published_at_ms, received.event.alert_id
