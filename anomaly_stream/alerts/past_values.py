"""The last values of a series up to an alert event, from the observations of its partition."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.model import AlertEvent, ObservationColumns, Series
from anomaly_stream.model.past_values import PastValue


def past_values(
    event: AlertEvent, observations: ObservationColumns, series: Sequence[Series], count: int
) -> list[PastValue]:
    """The last ``count`` values of the series of ``event``, up to its own, in order of time.

    ``observations`` come from the partition of the event's source, up to its record or beyond; ``series``
    has their series by number. Of several values with one time, the first counts, as in the engine. Empty if
    no record caused the event, or if the observations have none of its series.

    Values of a counter are its increase per second. A counter is recognised by the event: its value is not
    the one in the record.
    """
    number = None if event.source is None else _series_number(event, observations, series)
    if event.source is None or number is None:
        return []
    rows = np.flatnonzero(
        (observations.series == number)
        & (observations.offset <= event.source.offset)
        & (observations.timestamp <= event.timestamp)
    )
    times, first = np.unique(observations.timestamp[rows], return_index=True)
    values = observations.value[rows[first]]
    is_of_value = event.condition == "anomaly" and len(times) > 0 and times[-1] == event.timestamp
    if is_of_value and values[-1] != event.value:
        times, values = _rates(times, values)
    return [PastValue(*pair) for pair in zip(times[-count:].tolist(), values[-count:].tolist(), strict=True)]


def _series_number(
    event: AlertEvent, observations: ObservationColumns, series: Sequence[Series]
) -> int | None:
    """The number of the series of ``event``, which usually is one of the record that caused it."""
    assert event.source is not None
    own = observations.series[observations.offset == event.source.offset].tolist()
    others = (number for number, one in enumerate(series) if one.metric == event.metric)
    for numbers in (own, others):
        for number in numbers:
            if (
                alert_id(event.config_id, series[number], event.episode.start, event.condition)
                == event.alert_id
            ):
                return int(number)
    return None


def _rates(
    times: NDArray[np.float64], totals: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The increases per second of a counter; none where it restarted."""
    rises = np.diff(totals)
    kept = rises >= 0.0
    return times[1:][kept], (rises / np.diff(times))[kept]
