"""The usual size of errors at each hour of the day: noise often grows with activity.

Errors are those of the forecast with the season in use, in the metric's own units: an additive season and a
multiplicative one, which may replace it at any time, have the same spread. A single error is clipped to 6
times its usual size.

With a weekly season the same hour is busy on some days and quiet on others. So an hour has two kinds of
values, by how far the season lifts the forecast: a value belongs to the kind whose mean lift is nearer.

With m the mean absolute error of the last 100 values of a kind, n their number, and u the mean of all values,
the size of the kind is ``(n m + 5 v) / (n + 5)``, where v is ``(n m + 5 u) / (n + 5)`` of the other kind.
Between the mean lifts of both kinds, and half of their distance beyond, the size is a straight line in the
lift, and never less than half of the smaller kind's. The spread is the size over u.

An hour whose errors are less than half of its spread is not typical, as a night without any activity. Its
values are judged, but do not enter the window.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import second_of_day
from anomaly_stream.baselines.season.level_trend import CHOSEN, DETECTED_ON
from anomaly_stream.kernels.jit import kernel

_HOURS, _KINDS = 24, 2
_COUNT, _MEAN = 0, 1
_LIFTS = 2
_COUNTS = _LIFTS + _KINDS * _HOURS
_MEANS = _COUNTS + _KINDS * _HOURS
WORDS = _MEANS + _KINDS * _HOURS
"""Length of the state: the number of values (at most 2400) and their mean absolute error; then, by kind and
hour, the mean lifts, the numbers of values (at most 100) and their mean errors."""
_MOST, _PRIOR, _CLIP = 100.0, 5.0, 6.0
_TYPICAL = 0.5
_BEYOND, _LEAST = 0.5, 0.5
"""The line goes on by the first share of the distance of both kinds, down to the second one of the smaller
size."""


@kernel
def _hour(local: float) -> int:
    return int(second_of_day(local) / 3600.0)


@kernel
def _kind(state: NDArray[np.float64], at: int, hour: int, lift: float) -> int:
    """The place of a value's kind among numbers and means: all hours of the lower kind come first."""
    middle = 0.5 * (state[at + _LIFTS + hour] + state[at + _LIFTS + _HOURS + hour])
    return hour + (_HOURS if lift >= middle else 0)


@kernel
def spread_at(
    state: NDArray[np.float64], season: Any, local: float, lift: float, factor: float
) -> tuple[float, bool]:
    """The spread of the hour where the season lifts the forecast by ``lift``, over the season's ``factor``.

    Also whether the errors of this hour are typical for this spread: at least half as large. The spread is 1
    while no season is in use or nothing is known.
    """
    at = season.spreads
    mean = state[at + _MEAN]
    if (state[CHOSEN] == 0.0 and state[DETECTED_ON] == 0.0) or mean <= 0.0:
        return 1.0, True
    hour = _hour(local)
    low, high = hour, hour + _HOURS
    usual = mean * factor
    lowest = _drawn(state, at, low, _drawn(state, at, high, usual))
    highest = _drawn(state, at, high, _drawn(state, at, low, usual))
    kind = _kind(state, at, hour, lift)
    way = 1.0 if kind == high else 0.0
    apart = state[at + _LIFTS + high] - state[at + _LIFTS + low]
    if apart > 0.0:
        way = max(-_BEYOND, min(1.0 + _BEYOND, (lift - state[at + _LIFTS + low]) / apart))
    size = max(_LEAST * min(lowest, highest), lowest + way * (highest - lowest))
    typical = state[at + _COUNTS + kind] == 0.0 or state[at + _MEANS + kind] >= _TYPICAL * size
    return float(size / usual), bool(typical)


@kernel
def _drawn(state: NDArray[np.float64], at: int, place: int, towards: float) -> float:
    """The mean error of a kind, drawn towards another size."""
    count = state[at + _COUNTS + place]
    return float((count * state[at + _MEANS + place] + _PRIOR * towards) / (count + _PRIOR))


@kernel
def learn_spread(
    state: NDArray[np.float64], season: Any, local: float, lift: float, error: float, factor: float
) -> None:
    """Learn the error of one value, whose usual size is ``factor`` times the mean of all: the season's factor
    times the spread that ``spread_at`` gave for it."""
    at = season.spreads
    size = abs(error)
    if state[at + _COUNT] >= _PRIOR and state[at + _MEAN] > 0.0:
        size = min(size, _CLIP * factor * state[at + _MEAN])
    _learn_mean(state, at + _COUNT, at + _MEAN, size, _HOURS * _MOST)
    hour = _hour(local)
    if state[at + _COUNTS + hour] + state[at + _COUNTS + _HOURS + hour] == 0.0:
        state[at + _LIFTS + hour] = state[at + _LIFTS + _HOURS + hour] = lift
    kind = _kind(state, at, hour, lift)
    _learn_mean(state, at + _COUNTS + kind, at + _MEANS + kind, size, _MOST)
    state[at + _LIFTS + kind] += (lift - state[at + _LIFTS + kind]) / state[at + _COUNTS + kind]


@kernel
def _learn_mean(state: NDArray[np.float64], count: int, mean: int, size: float, most: float) -> None:
    state[count] = min(most, state[count] + 1.0)
    state[mean] += (size - state[mean]) / state[count]


@kernel
def forget_spreads(state: NDArray[np.float64], season: Any) -> None:
    """Begin again, because another season is in use."""
    state[season.spreads : season.spreads + WORDS] = 0.0
