"""Period search: peaks in the autocorrelation of a downsampled record of recent values.

Values are averaged over equal steps. When the record is full, neighbouring cells are merged and the step
doubles, until the record spans four days; then it restarts at the sampling interval. One small record thus
covers periods from a few intervals up to half a day. A detected period is a proposal: the errors of its
forecasts decide whether it is used (:mod:`forecast_competition`).
"""

from math import floor

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

STEP, CELL, SUM, COUNT, FILL, FIRST, RECORD = 0, 1, 2, 3, 4, 5, 8
"""Indices into the state: the step in seconds; the open cell (time over step), the sum and count of its
values; the number of cells in the record, the number of the first cell; the record."""
LENGTH = 192
WORDS = RECORD + LENGTH
"""The state has this length."""

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
def push(state: NDArray[np.float64], at: int, time: float, value: float, interval: float) -> float:
    """Add a value to the record at ``at``; returns a period in seconds if one is detected, else 0."""
    if state[at + STEP] == 0.0:
        _begin(state, at, time, max(interval, 1e-3))
    cell = float(floor(time / state[at + STEP]))
    found = 0.0
    if cell > state[at + CELL]:
        missing = cell - state[at + CELL] - 1.0
        if missing > _MOST_MISSING:
            _begin(state, at, time, max(interval, 1e-3))
            cell = state[at + CELL]
        else:
            mean = state[at + SUM] / max(1.0, state[at + COUNT])
            for _ in range(int(missing) + 1):
                found = max(found, _append(state, at, mean))
            if state[at + STEP] > _LONGEST_STEP:
                _begin(state, at, time, max(interval, 1e-3))
            cell = float(floor(time / state[at + STEP]))
            if cell > state[at + CELL]:
                state[at + CELL] = cell
                state[at + SUM] = 0.0
                state[at + COUNT] = 0.0
    state[at + SUM] += value
    state[at + COUNT] += 1.0
    return found


@kernel
def _begin(state: NDArray[np.float64], at: int, time: float, step: float) -> None:
    state[at + STEP] = step
    state[at + CELL] = floor(time / step)
    state[at + SUM] = 0.0
    state[at + COUNT] = 0.0
    state[at + FILL] = 0.0


@kernel
def _append(state: NDArray[np.float64], at: int, mean: float) -> float:
    """Close the open cell with this mean and open the next one; search for a period at some fill levels."""
    fill = int(state[at + FILL])
    if fill == 0:
        state[at + FIRST] = state[at + CELL]
    state[at + RECORD + fill] = mean
    weight = max(1.0, state[at + COUNT])
    state[at + CELL] += 1.0
    state[at + SUM] = 0.0
    state[at + COUNT] = 0.0
    state[at + FILL] = fill + 1.0
    found = 0.0
    if fill + 1 in (_LOOK_FROM, 3 * _LOOK_FROM // 2, 2 * _LOOK_FROM, LENGTH):
        found = find_period(state[at + RECORD : at + RECORD + fill + 1]) * state[at + STEP]
    if fill + 1 == LENGTH:
        _halve(state, at, weight)
    return found


@kernel
def _halve(state: NDArray[np.float64], at: int, weight: float) -> None:
    """Merge the pairs of cells that fall into one cell of the doubled step.

    An unpaired last cell, of ``weight`` values, is opened again.
    """
    first = int(state[at + FIRST])
    skipped = first % 2
    pairs = (LENGTH - skipped) // 2
    for i in range(pairs):
        place = at + RECORD + skipped + 2 * i
        state[at + RECORD + i] = (state[place] + state[place + 1]) / 2.0
    left = skipped + 2 * pairs
    state[at + SUM] = weight * state[at + RECORD + left] if left < LENGTH else 0.0
    state[at + COUNT] = weight if left < LENGTH else 0.0
    state[at + FIRST] = (first + skipped) // 2
    state[at + FILL] = pairs
    state[at + CELL] = state[at + FIRST] + pairs
    state[at + STEP] *= 2.0


@kernel
def correlations(record: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocorrelation of a record after linear detrending, at lags from 0 to 4/5 of its length."""
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
    """Sum of ``rest[i] rest[i + lag]``, in four partial sums so that the additions overlap."""
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
    """The shortest period of a record, in steps; 0 if there is none.

    A lag is a period if the correlation peaks there, fell well below that peak before it, and peaks again at
    twice the lag.
    """
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
    """The correlation at ``lag`` if the lag is a period, else 0."""
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
    """The period to a fraction of a step, from the peaks at its multiples."""
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
    """The place of the maximum of the parabola through three neighbouring correlations."""
    bend = r[place - 1] - 2.0 * r[place] + r[place + 1]
    if bend >= 0.0:
        return float(place)
    return float(place + max(-0.5, min(0.5, 0.5 * (r[place - 1] - r[place + 1]) / bend)))


@kernel
def rounded(period: float, step: float, periods: float) -> float:
    """The nearest whole number of minutes, or of steps, if it is within the error of ``period``.

    Scheduled jobs have such periods. The error is half a step over ``periods``, the periods in the record.
    """
    error = 0.5 * step / max(1.0, periods)
    minutes = max(1.0, np.rint(period / _MINUTE)) * _MINUTE
    if abs(minutes - period) <= error:
        return float(minutes)
    steps = np.rint(period / step) * step
    return float(steps if abs(steps - period) <= error else period)
