"""Periods found from the data: peaks of the autocorrelation of a thinned record of the last values.

Values are gathered to means over equal steps. When the record is full, neighbours are merged and the step
doubles, until it spans four days; then it begins anew with the sampling interval. So one small record looks
for periods from a few intervals up to half a day, again and again. What it finds is a proposal: whether it
is used is decided by its forecasts (``contest``)."""

from math import floor

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

STEP, CELL, SUM, COUNT, FILL, FIRST, RECORD = 0, 1, 2, 3, 4, 5, 8
LENGTH = 192
WORDS = RECORD + LENGTH
"""Words: the step in seconds; the open cell (time over step), sum and count of its values; cells in the
record, the number of its first one; the record."""

_LONGEST_STEP = 1800.0
_SHORTEST = 4
_LOOK_FROM = 64
_MOST_MISSING = 8
_HIGH = 0.3
_AGAIN = 0.25
_DEEP = 0.3
_NEARLY = 0.85
_PERIODS = 2.5
_MINUTE = 60.0


@kernel
def push(memory: NDArray[np.float64], at: int, time: float, value: float, interval: float) -> float:
    """Take a value into the record at word ``at``; returns a period in seconds where one shows, else 0."""
    if memory[at + STEP] == 0.0:
        _begin(memory, at, time, max(interval, 1e-3))
    cell = float(floor(time / memory[at + STEP]))
    found = 0.0
    if cell > memory[at + CELL]:
        missing = cell - memory[at + CELL] - 1.0
        if missing > _MOST_MISSING:
            _begin(memory, at, time, max(interval, 1e-3))
            cell = memory[at + CELL]
        else:
            mean = memory[at + SUM] / max(1.0, memory[at + COUNT])
            for _ in range(int(missing) + 1):
                found = max(found, _append(memory, at, mean))
            if memory[at + STEP] > _LONGEST_STEP:
                _begin(memory, at, time, max(interval, 1e-3))
            cell = float(floor(time / memory[at + STEP]))
            if cell > memory[at + CELL]:
                memory[at + CELL] = cell
                memory[at + SUM] = 0.0
                memory[at + COUNT] = 0.0
    memory[at + SUM] += value
    memory[at + COUNT] += 1.0
    return found


@kernel
def _begin(memory: NDArray[np.float64], at: int, time: float, step: float) -> None:
    memory[at + STEP] = step
    memory[at + CELL] = floor(time / step)
    memory[at + SUM] = 0.0
    memory[at + COUNT] = 0.0
    memory[at + FILL] = 0.0


@kernel
def _append(memory: NDArray[np.float64], at: int, mean: float) -> float:
    """Close the open cell with this mean, and go on to the next one; look at the record where that is due."""
    fill = int(memory[at + FILL])
    if fill == 0:
        memory[at + FIRST] = memory[at + CELL]
    memory[at + RECORD + fill] = mean
    weight = max(1.0, memory[at + COUNT])
    memory[at + CELL] += 1.0
    memory[at + SUM] = 0.0
    memory[at + COUNT] = 0.0
    memory[at + FILL] = fill + 1.0
    found = 0.0
    if fill + 1 in (_LOOK_FROM, 3 * _LOOK_FROM // 2, 2 * _LOOK_FROM, LENGTH):
        found = find_period(memory[at + RECORD : at + RECORD + fill + 1]) * memory[at + STEP]
    if fill + 1 == LENGTH:
        _halve(memory, at, weight)
    return found


@kernel
def _halve(memory: NDArray[np.float64], at: int, weight: float) -> None:
    """Merge pairs of cells that the doubled step puts together.

    An unpaired last one, of ``weight`` values, is opened again.
    """
    first = int(memory[at + FIRST])
    skipped = first % 2
    pairs = (LENGTH - skipped) // 2
    for i in range(pairs):
        place = at + RECORD + skipped + 2 * i
        memory[at + RECORD + i] = (memory[place] + memory[place + 1]) / 2.0
    left = skipped + 2 * pairs
    memory[at + SUM] = weight * memory[at + RECORD + left] if left < LENGTH else 0.0
    memory[at + COUNT] = weight if left < LENGTH else 0.0
    memory[at + FIRST] = (first + skipped) // 2
    memory[at + FILL] = pairs
    memory[at + CELL] = memory[at + FIRST] + pairs
    memory[at + STEP] *= 2.0


@kernel
def correlations(record: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocorrelation of a record without its straight line at lags 0 up to four fifths of its length."""
    n = len(record)
    middle = (n - 1) / 2.0
    mean = record.mean()
    tilt = 0.0
    for i in range(n):
        tilt += (i - middle) * (record[i] - mean)
    tilt /= n * (n * n - 1.0) / 12.0
    rest = np.empty(n)
    for i in range(n):
        rest[i] = record[i] - mean - tilt * (i - middle)
    found = np.zeros(4 * n // 5)
    power = (rest * rest).sum() / n
    if not 0.0 < power < np.inf or power <= (1e-9 * mean) ** 2:
        return found
    for lag in range(len(found)):
        found[lag] = _product(rest, lag) / (n - lag) / power
    return found


@kernel
def _product(rest: NDArray[np.float64], lag: int) -> float:
    """Sum of the products of values ``lag`` apart; as four sums, since one addition waits for the other."""
    a = b = c = d = 0.0
    pairs = len(rest) - lag
    for i in range(0, pairs - 3, 4):
        a += rest[i] * rest[i + lag]
        b += rest[i + 1] * rest[i + 1 + lag]
        c += rest[i + 2] * rest[i + 2 + lag]
        d += rest[i + 3] * rest[i + 3 + lag]
    for i in range(pairs - pairs % 4, pairs):
        a += rest[i] * rest[i + lag]
    return a + b + c + d


@kernel
def find_period(record: NDArray[np.float64]) -> float:
    """The shortest period of a record, in its steps; 0 where there is none.

    A lag counts where the correlation peaks, fell well below the peak before, and peaks again at twice the
    lag."""
    r = correlations(record)
    longest = min(int(len(record) / _PERIODS), len(r) // 2 - 1)
    best = 0.0
    for lag in range(_SHORTEST, longest + 1):
        best = max(best, _peak(r, lag))
    for lag in range(_SHORTEST, longest + 1):
        if best > 0.0 and _peak(r, lag) >= _NEARLY * best:
            return _refined(r, lag)
    return 0.0


@kernel
def _peak(r: NDArray[np.float64], lag: int) -> float:
    """The correlation at ``lag`` if it speaks for a period, else 0."""
    high = r[lag]
    if high < _HIGH or high < r[lag - 1] or high < r[lag + 1]:
        return 0.0
    if r[1:lag].min() > high - _DEEP:
        return 0.0
    again = r[2 * lag - 1 : 2 * lag + 2].max()
    if again < _AGAIN or r[lag + 1 : 2 * lag].min() > again - _DEEP:
        return 0.0
    return float(high)


@kernel
def _refined(r: NDArray[np.float64], lag: int) -> float:
    """The period to a fraction of a step, from its multiples as far as they show."""
    period = _vertex(r, lag)
    times = 2
    while times * period + 2.0 < len(r):
        near = round(times * period)
        place = near - 1 + int(np.argmax(r[near - 1 : near + 2]))
        if place + 1 >= len(r) or r[place] < _AGAIN:
            break
        period = _vertex(r, place) / times
        times += 1
    return period


@kernel
def _vertex(r: NDArray[np.float64], place: int) -> float:
    """Where the parabola through three neighbouring correlations peaks."""
    bend = r[place - 1] - 2.0 * r[place] + r[place + 1]
    if bend >= 0.0:
        return float(place)
    return float(place + max(-0.5, min(0.5, 0.5 * (r[place - 1] - r[place + 1]) / bend)))


@kernel
def rounded(period: float, step: float, periods: float) -> float:
    """A period that is a whole number of minutes, or of steps, as far as its error allows: jobs keep such
    ones.

    ``periods``: how many the record holds; the error is some tenths of a step over them.
    """
    error = 0.5 * step / max(1.0, periods)
    minutes = max(1.0, np.rint(period / _MINUTE)) * _MINUTE
    if abs(minutes - period) <= error:
        return float(minutes)
    steps = np.rint(period / step) * step
    return float(steps if abs(steps - period) <= error else period)
