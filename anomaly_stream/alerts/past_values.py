"""The last values of a series up to an alert event, from the observations of its partition."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.baselines import counter
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.model import AlertEvent, ObservationColumns, Series, Source
from anomaly_stream.model.past_values import PastValue


class PastValues:
    """Observations of one partition, in which the values before events are found.

    Args:
        observations: in the order of their records.
        series: the series by number.
    """

    def __init__(self, observations: ObservationColumns, series: Sequence[Series]) -> None:
        self._observations = observations
        self._series = series
        self._numbers = {one: number for number, one in enumerate(series)}
        self._order = np.argsort(observations.series, kind="stable")
        counts = np.bincount(observations.series, minlength=len(series))
        self._ends = np.cumsum(counts)

    def before(self, event: AlertEvent, count: int) -> list[PastValue]:
        """The last ``count`` values of the series of ``event``, up to its own, in order of time.

        Of several values with one time, the first counts, as in the engine. Empty if no record caused the
        event, or if the observations have none of its series.

        Values of a counter are its increase per second. A counter is recognised by the event: its value is
        not the one in the record.
        """
        source = event.source
        number = None if source is None else self._number(event, source)
        if source is None or number is None:
            return []
        rows = self._rows(number)
        observations = self._observations
        rows = rows[
            (observations.offset[rows] <= source.offset) & (observations.timestamp[rows] <= event.timestamp)
        ]
        times, first = np.unique(observations.timestamp[rows], return_index=True)
        values = observations.value[rows[first]]
        is_of_value = event.condition == "anomaly" and len(times) > 0 and times[-1] == event.timestamp
        if is_of_value and values[-1] != event.value:
            times, values = _rates(times, values)
        last = zip(times[-count:].tolist(), values[-count:].tolist(), strict=True)
        return [PastValue(*pair) for pair in last]

    def _rows(self, number: int) -> Integers:
        """The rows of a series, in the order of their records."""
        begin = self._ends[number - 1] if number else 0
        rows: Integers = self._order[begin : self._ends[number]]
        return rows

    def _number(self, event: AlertEvent, source: Source) -> int | None:
        """The number of the series of ``event``."""
        for number in self._candidates(event, source):
            series = self._series[number]
            if alert_id(event.config_id, series, event.episode.start, event.condition) == event.alert_id:
                return number
        return None

    def _candidates(self, event: AlertEvent, source: Source) -> Iterator[int]:
        """Series that the event can be of: usually one of the record that caused it."""
        offsets = self._observations.offset
        first, end = np.searchsorted(offsets, source.offset), np.searchsorted(offsets, source.offset, "right")
        yield from self._observations.series[first:end].tolist()
        named = self._numbers.get(Series.of(event.metric, event.labels))
        if named is not None:
            yield named
        for number, series in enumerate(self._series):  # labels of the config are among those of the event
            if series.metric == event.metric and set(series.labels) <= event.labels.items():
                yield number


def _rates(
    times: NDArray[np.float64], totals: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The increases per second of a counter, as in the engine; none of a stale reading or at a restart."""
    state, rates = np.zeros(counter.WORDS), np.empty(len(totals))
    for i, (time, total) in enumerate(zip(times.tolist(), totals.tolist(), strict=True)):
        rates[i] = counter.rate(state, time, total)
        counter.learn(state, time, total)
    kept = ~np.isnan(rates)
    return times[kept], rates[kept]
