"""The picture of a message: a series or a group member of its most severe alert, read when it is sent."""

import logging
from collections.abc import Callable

import numpy as np

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.model.past_values import GroupValues, ValuesBefore
from anomaly_stream.notify.chart import Chart, draw_png
from anomaly_stream.notify.state import Message, rank_of

logger = logging.getLogger(__name__)

ReadValues = Callable[[AlertEvent], ValuesBefore]
"""The last values up to an event: of its series, or of its group; empty if there are none."""


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
        name = series_name(Series.of(event.metric, event.labels))
        if isinstance(points, GroupValues):  # the member with the largest share stands for the group
            first = points.members[0]
            name, points = f"{name}: {first.name}, {first.share:+.0%} of the deviation", first.values
        if not points:
            return None
        times = np.array([each.time for each in points])
        values = np.array([each.value for each in points])
        return draw_png(
            Chart(name, times, values, event.episode.start, event.episode.end, event.lower, event.upper)
        )
