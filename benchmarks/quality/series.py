"""Labelled series, which every benchmark of detection reads, and the type of a detector.

A detector receives the whole series at once, for speed. It must still be causal: the score of a row must not
depend on later rows. Scoring cannot check that.
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

It receives epoch seconds [n] and values [n], NaN if missing. It returns scores [n], where higher is more
anomalous and NaN counts as 0, and the rows [n] at which an alert opens, or None if it has no threshold."""


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """One file of a corpus.

    ``anomalies`` has the first and last row of each labelled range, both included. ``ignored`` has the ranges
    that count neither as a hit nor as a false alarm. ``spelling`` has the timestamps and values as written in
    the file; it is empty for series that are not from a file.
    """

    name: str
    """``category/file.csv``, or ``kind/seed``."""
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    anomalies: NDArray[np.int64]
    labelled: bool = True
    """False: its anomalies are not labelled, so it cannot be scored."""
    spelling: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    ignored: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    warm_up: int | None = None
    """Rows at the start that are not scored; None: as many as the scores say by themselves."""

    @property
    def category(self) -> str:
        """The part of the name before the last slash."""
        return self.name.rpartition("/")[0]


Corpus = Sequence[LabelledSeries]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdicts of a detector on one series: ``scores`` [n], finite; ``alerts`` [n] or None."""

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
    """Half 0 or half 1 of a corpus: one for tuning, the other for the test.

    Every second file of each category belongs to a half, in the order of the hashes of their names; with
    ``whole_categories``, every second category with all of its files.
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
