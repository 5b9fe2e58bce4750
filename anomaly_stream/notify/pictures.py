"""The picture of a message: the series of its most severe alert, read when the message is sent."""

import logging
from collections.abc import Callable, Sequence

import numpy as np

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.notify.chart import Chart, draw_png
from anomaly_stream.notify.state import Message, rank_of

logger = logging.getLogger(__name__)

ReadValues = Callable[[AlertEvent], Sequence[tuple[float, float]]]
"""Time and value of the last observations of a series up to an event; empty if there are none."""


class Pictures:
    """Draws messages. Safe to use from several threads.

    Args:
        read: reads values. Raises AnomalyStreamError.
    """

    def __init__(self, read: ReadValues) -> None:
        self._read = read

    def of(self, message: Message) -> bytes | None:
        """A PNG; None if the values cannot be read, which is logged: the message goes without a picture."""
        event = max((news.latest for news in message.alerts), key=lambda each: rank_of(each.severity))
        try:
            points = self._read(event)
        except AnomalyStreamError as error:
            logger.warning("Message %s to %s has no picture: %s", message.id, message.receiver, error)
            return None
        if not points:
            return None
        times, values = np.array(points, dtype=np.float64).T
        name = series_name(Series.of(event.metric, event.labels))
        return draw_png(
            Chart(name, times, values, event.episode.start, event.episode.end, event.lower, event.upper)
        )
