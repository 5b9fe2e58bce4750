"""The usual size of errors at each hour of the day: noise often grows with activity.

With a weekly season the same hour is busy on some days and quiet on others. So an hour has two kinds of
values: those at which the season lifts the forecast at least as far as it usually does at this hour, and the
others.

With m the mean absolute error of the last 100 values of a kind, n their number, and u the mean of all values,
the spread is ``(n m + 10 v) / (n + 10) / u``, where v is ``(n m + 10 u) / (n + 10)`` of the other kind.
Errors are those of the forecast with the season in use; a single error is clipped to 6 times its usual size.
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
_COUNTS = _LIFTS + _HOURS
_MEANS = _COUNTS + _KINDS * _HOURS
WORDS = _MEANS + _KINDS * _HOURS
"""Length of the state: the number of values (at most 2400) and their mean absolute error; the mean lift by
hour; then the numbers (at most 100) and the means by kind and hour."""
_MOST, _PRIOR, _CLIP = 100.0, 10.0, 6.0


@kernel
def _hour(local: float) -> int:
    return int(second_of_day(local) / 3600.0)


@kernel
def _kind(state: NDArray[np.float64], at: int, hour: int, lift: float) -> int:
    """The place of a value's kind among numbers and means: all hours of the lower kind come first."""
    return hour + (_HOURS if lift >= state[at + _LIFTS + hour] else 0)


@kernel
def spread_at(state: NDArray[np.float64], season: Any, local: float, lift: float) -> float:
    """The spread of the hour where the season lifts the forecast by ``lift``.

    1 while no season is in use or nothing is known.
    """
    at = season.spreads
    usual = state[at + _MEAN]
    if (state[CHOSEN] == 0.0 and state[DETECTED_ON] == 0.0) or usual <= 0.0:
        return 1.0
    hour = _hour(local)
    kind = _kind(state, at, hour, lift)
    other = 2 * hour + _HOURS - kind
    for place in (other, kind):
        count = state[at + _COUNTS + place]
        usual = (count * state[at + _MEANS + place] + _PRIOR * usual) / (count + _PRIOR)
    return float(usual / state[at + _MEAN])


@kernel
def learn_spread(
    state: NDArray[np.float64], season: Any, local: float, lift: float, error: float, spread: float
) -> None:
    """Learn the error of one value; ``spread`` is what ``spread_at`` gave for it."""
    at = season.spreads
    size = abs(error)
    if state[at + _COUNT] >= _PRIOR and state[at + _MEAN] > 0.0:
        size = min(size, _CLIP * spread * state[at + _MEAN])
    _learn_mean(state, at + _COUNT, at + _MEAN, size, _HOURS * _MOST)
    hour = _hour(local)
    kind = _kind(state, at, hour, lift)
    _learn_mean(state, at + _COUNTS + kind, at + _MEANS + kind, size, _MOST)
    known = state[at + _COUNTS + hour] + state[at + _COUNTS + _HOURS + hour]
    state[at + _LIFTS + hour] += (lift - state[at + _LIFTS + hour]) / known


@kernel
def _learn_mean(state: NDArray[np.float64], count: int, mean: int, size: float, most: float) -> None:
    state[count] = min(most, state[count] + 1.0)
    state[mean] += (size - state[mean]) / state[count]


@kernel
def forget_spreads(state: NDArray[np.float64], season: Any) -> None:
    """Begin again, because another season is in use."""
    state[season.spreads : season.spreads + WORDS] = 0.0
