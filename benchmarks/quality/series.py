"""Labelled series: what every benchmark of detection reads, and what a detector is there.

A detector sees the whole series at once, since that is fast; it must be causal all the same: the score of a
row may depend on no later row. Scoring cannot see whether it is.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Detector = Callable[
    [NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.bool_] | None]
]
"""``detector(timestamps, values) -> (anomaly_score, alert)``.

Epoch seconds [n] and values [n], NaN where one is missing; a score [n], higher is worse, NaN as good as 0;
and the rows [n] at which an alert opens, or None where the detector has no threshold."""


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """One file of a corpus.

    ``anomalies`` has one entry for each labelled range: its first and its last row, both within. ``ignored``
    has the ranges that count neither as a hit nor as a false alarm. ``spelling`` has the timestamps and the
    values as the file has them; it is empty for series that come from no file.
    """

    name: str
    """``category/file.csv``, or ``kind/seed``."""
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    anomalies: NDArray[np.int64]
    labelled: bool = True
    """False: nobody said what in it is anomalous; it cannot be scored."""
    spelling: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    ignored: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))

    @property
    def category(self) -> str:
        """The part of the name before the last slash."""
        return self.name.rpartition("/")[0]


Corpus = Sequence[LabelledSeries]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector said of one series: ``scores`` [n], finite; ``alerts`` [n] or None."""

    scores: NDArray[np.float64]
    alerts: NDArray[np.bool_] | None


def judge(detector: Detector, corpus: Corpus) -> list[Verdict]:
    """Run ``detector`` over each series.

    Raises:
        ValueError: it returned arrays of another length.
    """
    verdicts = []
    for series in corpus:
        scores, alerts = detector(series.times.copy(), series.values.copy())
        scores = np.asarray(scores, np.float64)
        alerts = None if alerts is None else np.asarray(alerts, np.bool_)
        if scores.shape != series.times.shape or (alerts is not None and alerts.shape != scores.shape):
            raise ValueError(f"{series.name}: {len(series.times)} rows, and {scores.shape} scores")
        verdicts.append(Verdict(np.nan_to_num(scores, nan=0.0), alerts))
    return verdicts


def half(corpus: Corpus, which: int, *, whole_categories: bool = False) -> list[LabelledSeries]:
    """Half 0 or half 1 of a corpus: to tune on one and to look at the other.

    Within a category every second file belongs to a half, in the order of the hashes of their names; or, with
    ``whole_categories``, every second category with all its files.
    """
    groups = defaultdict(list)
    for series in corpus:
        groups["" if whole_categories else series.category].append(series)
    chosen: set[str] = set()
    turn = 0
    for _, members in sorted(groups.items()):
        names = sorted({s.category if whole_categories else s.name for s in members}, key=_digest)
        chosen.update(name for place, name in enumerate(names, start=turn) if place % 2 == which)
        turn += len(names)
    return [s for s in corpus if (s.category if whole_categories else s.name) in chosen]


def runs(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First and last row of each run of marked rows: [k, 2]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], marked, [False])).astype(np.int8)))
    return np.array([(first, end - 1) for first, end in pairwise(edges)][::2], np.int64).reshape(-1, 2)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
