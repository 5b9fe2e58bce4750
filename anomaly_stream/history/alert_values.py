"""The values before alert events as rows of the history."""

import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec

from anomaly_stream.history.batch import Row, clean
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import PastValue
from anomaly_stream.ops.history_metrics import HistoryMetrics

logger = logging.getLogger(__name__)

ReadValues = Callable[[Sequence[AlertEvent]], Mapping[str, Sequence[PastValue]]]
"""The values before events by event id; events without any are missing."""


class ValueRows:
    """Reads the values before alert events. Without them, alerts are recorded all the same.

    Args:
        read: reads the values.
        metrics: counts the events without values.
    """

    def __init__(self, read: ReadValues, metrics: HistoryMetrics) -> None:
        self._read = read
        self._metrics = metrics
        self._fault = ""

    def of(self, events: Sequence[AlertEvent]) -> list[Row]:
        """The rows of ``events``."""
        if not events:
            return []
        found: Mapping[str, Sequence[PastValue]] = {}
        fault = ""
        try:
            found = self._read(events)
        except Exception as error:  # also a defect: it must not stop the history
            fault = str(error) or repr(error)
        if fault and fault != self._fault:
            logger.error("Alerts are recorded without the values before them: %s", fault)
        self._fault = fault
        self._metrics.without_values.inc(len(events) - len(found))
        return [
            {
                "alert_id": clean(event.alert_id),
                "event_id": clean(event.event_id),
                "timestamp": event.timestamp,
                "points": msgspec.json.encode(found[event.event_id]).decode(),
            }
            for event in events
            if event.event_id in found
        ]
