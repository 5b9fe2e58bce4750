"""The metrics of one partition's observations: names, series, rates, and a sample of labels.

It lets somebody pick a metric that no config watches yet. Each observation costs one addition to an array;
names and labels are read when a summary is due. Nothing here decides about observations.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.status import MOST_METRICS
from anomaly_stream.model import Series
from anomaly_stream.model.status import SeenMetric

AVERAGED_S = 300.0
"""Time constant of the rates, in seconds."""
LABEL_NAMES, LABEL_VALUES = 16, 16
"""For each metric, at most this many label names are kept, and this many values of each name."""
EXAMPLES = 5
"""For each metric, the labels of at most this many series are kept."""

_MOST_SAMPLED = 2_000
_NEW_AT_ONCE = 10_000
_UNKNOWN = -1
_FIRST = 64


@dataclass(slots=True)
class _Metric:
    """One name: its number of series, the sampled values of its labels, and some of its series."""

    name: str
    series: int = 0
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[int, dict[str, str]] = field(default_factory=dict)

    def add(self, number: int, labels: tuple[tuple[str, str], ...]) -> None:
        """Sample series ``number``."""
        if len(self.examples) < EXAMPLES:
            self.examples[number] = dict(labels)
        for name, value in labels:
            if name not in self.labels and len(self.labels) == LABEL_NAMES:
                continue
            values = self.labels.setdefault(name, Counter())
            if value in values or len(values) < LABEL_VALUES:
                values[value] += 1

    def remove(self, number: int, labels: tuple[tuple[str, str], ...]) -> None:
        """Undo ``add``, as far as the series was sampled."""
        self.examples.pop(number, None)
        for name, value in labels:
            values = self.labels.get(name, Counter())
            if value in values:
                values[value] -= 1
                if values[value] == 0:
                    del values[value]
            if name in self.labels and not values:
                del self.labels[name]


class SeenMetrics:
    """Counts the observations of each series of ``index``, and summarises them by metric.

    Memory is bounded by the index: 17 bytes for each series, and the names of its metrics. Labels are sampled
    for ``_MOST_SAMPLED`` metrics at most.
    """

    def __init__(self, index: SeriesIndex) -> None:
        self._index = index
        self._counts = np.zeros(_FIRST, np.int64)
        self._metric_of = np.full(_FIRST, _UNKNOWN, np.int64)
        self._is_restored = np.zeros(_FIRST, np.bool_)
        """Series that were seen before a restart, until they are described."""
        self._metrics: list[_Metric] = []
        self._numbers: dict[str, int] = {}
        self._free: list[int] = []
        self._decayed = np.zeros(_FIRST)
        """By metric: observations, decayed by exp(-age / AVERAGED_S)."""
        self._decayed_s = 0.0
        """The seconds observed, decayed in the same way."""
        index.on_forget(self._forget)

    def count(self, series: NDArray[np.int64]) -> None:
        """Count one observation for each of these series numbers."""
        self._grow()
        np.add.at(self._counts, series, 1)

    def restore(self) -> None:
        """Take the series that the index has now as seen: they were before the restart."""
        self._grow()
        numbers = np.arange(len(self._index.series))
        self._is_restored[numbers] = self._index.is_known(numbers)

    def advance(self, seconds: float) -> None:
        """Add the counts of the last ``seconds`` to the rates.

        It describes a bounded number of new series; the observations of the others stay counted.
        """
        seen = np.flatnonzero((self._counts > 0) | self._is_restored)
        for number in seen[self._metric_of[seen] == _UNKNOWN][:_NEW_AT_ONCE].tolist():
            self._metric_of[number] = self._describe(number, self._index.series[number])
            self._is_restored[number] = False
        described = seen[self._metric_of[seen] != _UNKNOWN]
        added = np.bincount(self._metric_of[described], self._counts[described], minlength=len(self._decayed))
        decay = math.exp(-seconds / AVERAGED_S)
        self._decayed = self._decayed * decay + added
        self._decayed_s = self._decayed_s * decay + seconds
        self._counts[described] = 0

    def summary(self) -> tuple[list[SeenMetric], int]:
        """The ``MOST_METRICS`` metrics with the highest rates, and the number of the others."""
        ordered = np.argsort(-self._decayed, kind="stable")
        found = [number for number in ordered.tolist() if self._is_used(number)]
        return [self._summary_of(number) for number in found[:MOST_METRICS]], len(found[MOST_METRICS:])

    def _grow(self) -> None:
        """Make room for all series of the index."""
        if len(self._index.series) > len(self._counts):
            more = max(len(self._index.series), 2 * len(self._counts)) - len(self._counts)
            self._counts = np.concatenate((self._counts, np.zeros(more, np.int64)))
            self._metric_of = np.concatenate((self._metric_of, np.full(more, _UNKNOWN, np.int64)))
            self._is_restored = np.concatenate((self._is_restored, np.zeros(more, np.bool_)))

    def _is_used(self, number: int) -> bool:
        return number < len(self._metrics) and self._metrics[number].series > 0

    def _summary_of(self, number: int) -> SeenMetric:
        metric = self._metrics[number]
        per_minute = 60.0 * self._decayed[number] / self._decayed_s if self._decayed_s > 0 else 0.0
        labels = {name: dict(values.most_common()) for name, values in sorted(metric.labels.items())}
        examples = list(metric.examples.values())
        return SeenMetric(metric.name, metric.series, float(f"{per_minute:.3g}"), labels, examples)

    def _describe(self, number: int, series: Series) -> int:
        """The number of the metric of a new series."""
        found = self._numbers.get(series.metric)
        if found is None:
            found = self._add(series.metric)
        metric = self._metrics[found]
        metric.series += 1
        if found < _MOST_SAMPLED:
            metric.add(number, series.labels)
        return found

    def _add(self, name: str) -> int:
        if self._free:
            number = self._free.pop()
            self._metrics[number] = _Metric(name)
        else:
            number = len(self._metrics)
            self._metrics.append(_Metric(name))
            if number == len(self._decayed):
                self._decayed = np.concatenate((self._decayed, np.zeros(number)))
        self._numbers[name] = number
        return number

    def _forget(self, series: NDArray[np.int64]) -> None:
        for number in series[series < len(self._counts)].tolist():
            found = int(self._metric_of[number])
            self._counts[number] = 0
            self._metric_of[number] = _UNKNOWN
            self._is_restored[number] = False
            if found == _UNKNOWN:
                continue
            metric = self._metrics[found]
            metric.series -= 1
            if found < _MOST_SAMPLED:
                metric.remove(number, self._index.series[number].labels)
            if metric.series == 0:
                del self._numbers[metric.name]
                self._decayed[found] = 0.0
                self._free.append(found)
