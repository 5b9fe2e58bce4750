"""Slow and obvious scorers, with which the fast ones must agree."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.quality.series import LabelledSeries
from benchmarks.quality.windows import Profile

Windows = Sequence[tuple[int, int]]
Scores = Sequence[NDArray[np.float64]]


def series(
    rows: int,
    anomalies: Windows = (),
    step: float = 300.0,
    values: ArrayLike | None = None,
    name: str = "made/up.csv",
) -> LabelledSeries:
    return LabelledSeries(
        name,
        1e9 + step * np.arange(rows, dtype=np.float64),
        np.zeros(rows) if values is None else np.asarray(values, np.float64),
        np.array(anomalies, np.int64).reshape(-1, 2),
    )


def nab_score(corpus: Sequence[LabelledSeries], scores: Scores, threshold: float, profile: Profile) -> float:
    """The total of one threshold, row by row."""
    total, null, perfect = 0.0, 0.0, 0.0
    for one, score in zip(corpus, scores, strict=True):
        rows = len(score)
        probation = min(math.floor(0.15 * rows), 750)
        for first, last in one.anomalies:
            if last < probation:
                continue
            null -= profile.miss
            perfect += profile.hit
            found = [row for row in range(max(first, probation), last + 1) if score[row] >= threshold]
            if found:
                y = -(last - found[0] + 1) / (last - first + 1)
                total += profile.hit * _sigma(y) / _sigma(-1)
            else:
                total -= profile.miss
        for row in range(probation, rows):
            if score[row] >= threshold and not any(first <= row <= last for first, last in one.anomalies):
                total += profile.false * _outside(one, row)
    return 100 * (total - null) / (perfect - null)


def _outside(one: LabelledSeries, row: int) -> float:
    before = [(first, last) for first, last in one.anomalies if last < row]
    if not before:
        return -1.0
    first, last = before[-1]
    y = (row - last) / max(last - first, 1)
    return -1.0 if y > 3 else _sigma(y)


def _sigma(y: float) -> float:
    return 2 / (1 + math.exp(5 * y)) - 1


def cloud_counts(corpus: Sequence[LabelledSeries], scores: Scores, threshold: float) -> tuple[int, int, int]:
    """Numbers of segments, of detected ones and of false alarms, row by row."""
    segments = found = false = 0
    for one, score in zip(corpus, scores, strict=True):
        rows, step = len(score), one.times[1] - one.times[0]
        quiet, tail = max(5, round(3600 / step)), max(2, round(600 / step))
        warm_up = min(int(0.25 * rows), round(14 * 86_400 / step))
        labelled = {row for first, last in one.anomalies for row in range(first, last + 1)}
        merged: list[list[int]] = []
        for row in sorted(labelled):
            if merged and row - merged[-1][1] <= quiet:
                merged[-1][1] = row
            else:
                merged.append([row, row])
        openings, calm = [], quiet
        for row in range(warm_up, rows):
            if score[row] >= threshold and not np.isnan(one.values[row]):
                if calm >= quiet:
                    openings.append(row)
                calm = 0
            else:
                calm += 1
        zones = [(first - quiet, last + tail, first >= warm_up) for first, last in merged]
        segments += sum(counts for *_, counts in zones)
        found += sum(counts and any(a <= row <= b for row in openings) for a, b, counts in zones)
        false += sum(not any(a <= row <= b for a, b, _ in zones) for row in openings)
    return segments, found, false
