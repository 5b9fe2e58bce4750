"""Values that a history leaves out, although its records hold them."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from anomaly_stream.alerts.wording import are, plural
from anomaly_stream.formats.decoder import Decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.arrays import Bools, Floats, Integers
from anomaly_stream.model import Fault, ObservationColumns, RecordColumns, Series
from anomaly_stream.model.time_range import TimeRange


class ValueFilter:
    """Which values of a history are not learned.

    Args:
        earlier: ranges that were un-learned before, by series.
        asked: the range that is un-learned now; None: none is.
        only: the only series that is learned; None: all are.
    """

    def __init__(
        self,
        earlier: Mapping[Series, Sequence[TimeRange]] = MappingProxyType({}),
        asked: TimeRange | None = None,
        only: Series | None = None,
    ) -> None:
        self._earlier = earlier
        self._learned_to: dict[Series, float] = {}
        self._asked = asked
        self._only = only
        self.asked: Counter[Series] = Counter()
        """Values in the range that is un-learned now, by series."""
        self.earlier = 0
        """Values in ranges that were un-learned before."""

    def skip_to(self, series: Series, time: float) -> None:
        """Leave out further values of ``series`` up to ``time``: they were learned already."""
        self._learned_to[series] = time

    def warnings(self) -> Iterator[str]:
        """What was left out without being asked for now."""
        if self.earlier:
            yield (
                f"{plural(self.earlier, 'value')} {are(self.earlier)} not learned: `configs unlearn` has "
                "removed their range before"
            )

    def without(self, found: ObservationColumns, index: SeriesIndex) -> ObservationColumns:
        """The observations of ``found`` that are learned. The others are counted."""
        kept = np.ones(len(found), np.bool_)
        if self._only is not None:
            number = index.find(self._only)
            kept &= found.series == (-1 if number is None else number)
        if self._asked is not None:
            left = kept & _within(found.timestamp, self._asked)
            numbers, counts = np.unique(found.series[left], return_counts=True)
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                self.asked[index.series[number]] += count
            kept &= ~left
        if self._earlier or self._learned_to:
            for number, rows in _by_series(found.series):
                series = index.series[number]
                kept[rows] &= found.timestamp[rows] > self._learned_to.get(series, -math.inf)
                for left_out in self._earlier.get(series, ()):
                    left_rows = rows[kept[rows] & _within(found.timestamp[rows], left_out)]
                    self.earlier += len(left_rows)
                    kept[left_rows] = False
        if kept.all():
            return found
        columns = {field.name: getattr(found, field.name)[kept] for field in dataclasses.fields(found)}
        return ObservationColumns(**columns)


class FilteredDecoder:
    """A decoder without the values that ``values`` leaves out."""

    def __init__(self, inner: Decoder, index: SeriesIndex, values: ValueFilter) -> None:
        self._inner = inner
        self._index = index
        self._values = values

    def decode(self, records: RecordColumns) -> tuple[ObservationColumns, list[Fault]]:
        """The observations that are learned, and the faulty records."""
        observations, faults = self._inner.decode(records)
        return self._values.without(observations, self._index), faults


def _by_series(numbers: Integers) -> Iterator[tuple[int, Integers]]:
    """Each series with its positions."""
    order = np.argsort(numbers, kind="stable")
    found, first = np.unique(numbers[order], return_index=True)
    return zip(found.tolist(), np.split(order, first[1:]), strict=len(numbers) > 0)


def _within(times: Floats, left_out: TimeRange) -> Bools:
    found: Bools = (times >= left_out.begin) & (times <= left_out.end)
    return found
