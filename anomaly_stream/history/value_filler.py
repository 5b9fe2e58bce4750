"""Adds the values before alert events to the history: read from Kafka after the events are recorded."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.history.batch import Partition
from anomaly_stream.history.value_queue import ValueQueue, WantedValues
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import ValuesBefore
from anomaly_stream.ops.history_metrics import HistoryMetrics

logger = logging.getLogger(__name__)

EVENTS_AT_ONCE = 2_000
_LOOK_S = 60.0
"""Another process may have left events in the queue."""
_LEAST_WAIT_S = 1.0


class ReadValues(Protocol):
    """Reads the values before events."""

    def __call__(
        self,
        events: Sequence[AlertEvent],
        *,
        opened_by: Mapping[str, AlertEvent],
        stopped: Callable[[], bool],
    ) -> Mapping[str, ValuesBefore]:
        """The values by event id; events without any are missing. ``opened_by``: first events by alert id."""


class ValueFiller:
    """Reads the values that are wanted in a thread of its own, however long it takes.

    So events are recorded at once, and a page of an alert has its values a moment later. A failure is tried
    again until it is over, and other partitions are read meanwhile. Values leave the queue without having
    been read only where Kafka has none.

    Args:
        queue: the events whose values are wanted.
        read: reads values. Raises AnomalyStreamError.
        metrics: of the process.
    """

    def __init__(self, queue: ValueQueue, read: ReadValues, metrics: HistoryMetrics) -> None:
        self._queue = queue
        self._read = read
        self._metrics = metrics
        self._fault = ""
        self._failures = 0
        self._wanted = threading.Event()

    def wake(self) -> None:
        """There is something in the queue."""
        self._wanted.set()

    def run(self, stopped: threading.Event) -> None:
        """Fill until ``stopped`` is set, then call ``wake`` to end a pause. The first ``wake`` begins it."""
        self._wanted.wait()
        while not stopped.is_set():
            self._wanted.clear()
            fault = ""
            try:
                fault = self._fill_all(stopped)
                self._metrics.values_wanted.set(self._queue.waiting())
            except AnomalyStreamError as error:  # the database: the recorder says so
                fault = fault or str(error)
            except Exception as error:
                logger.exception("A defect stops the values before alerts, which are tried again")
                fault = repr(error)
            self._report(fault)
            if self._failures:
                stopped.wait(min(_LOOK_S, _LEAST_WAIT_S * 2.0 ** min(self._failures, 16)))
            else:
                self._wanted.wait(_LOOK_S)
        self._queue.close()

    def _fill_all(self, stopped: threading.Event) -> str:
        """Go through the queue once. Returns why some are left, if so."""
        fault, after = "", None
        while not stopped.is_set() and (some := self._queue.next(EVENTS_AT_ONCE, after)):
            for part in _by_partition(some):
                fault = self._fill(part, stopped) or fault
            after = some[-1].key
        return fault

    def _fill(self, wanted: Sequence[WantedValues], stopped: threading.Event) -> str:
        """Read the values of events of one partition. Returns why they cannot be read."""
        events = [each.event for each in wanted]
        opened_by = {each.event.alert_id: each.opened_by for each in wanted}
        try:
            found = self._read(events, opened_by=opened_by, stopped=stopped.is_set)
        except AnomalyStreamError as error:
            return str(error)
        except Exception:
            if len(wanted) > 1:  # the others are not to wait for the one that causes it
                return next(filter(None, [self._fill([each], stopped) for each in wanted]), "")
            logger.exception("Alert event %s has no values because of a defect", events[0].event_id)
            found = {}
        if not stopped.is_set():
            self._metrics.without_values.inc(self._queue.settle(events, found))
        return ""

    def _report(self, fault: str) -> None:
        if fault and fault != self._fault:
            logger.error(
                "Alerts are recorded, but the values before them cannot be read, which is tried again: %s",
                fault,
            )
        if self._fault and not fault:
            logger.warning("The values before alerts are read again")
        self._failures = self._failures + 1 if fault else 0
        self._fault = fault


def _by_partition(wanted: Sequence[WantedValues]) -> Iterator[list[WantedValues]]:
    found: dict[Partition, list[WantedValues]] = defaultdict(list)
    for each in wanted:
        source = each.event.source
        found[("", 0) if source is None else (source.topic, source.partition)].append(each)
    yield from found.values()
