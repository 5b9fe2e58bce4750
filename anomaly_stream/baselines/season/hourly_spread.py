"""The usual size of errors at each hour of the day: noise often grows with activity.

With m the mean absolute error of the last 100 values of an hour, n their number, and u that of all hours,
the spread of the hour is ``(n m + 10 u) / (n + 10) / u``. Errors are those of the forecast with the season in
use; a single error is clipped to 6 times its usual size.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import second_of_day
from anomaly_stream.baselines.season.level_trend import CHOSEN, DETECTED_ON
from anomaly_stream.kernels.jit import kernel

_HOURS = 24
_COUNT, _MEAN, _COUNTS, _MEANS = 0, 1, 2, 2 + _HOURS
WORDS = 2 + 2 * _HOURS
"""Length of the state: the number of values (at most 2400) and their mean absolute error, then the numbers
(at most 100) and the means by hour."""
_MOST, _PRIOR, _CLIP = 100.0, 10.0, 6.0


@kernel
def _hour(local: float) -> int:
    return int(second_of_day(local) / 3600.0)


@kernel
def spread_at(state: NDArray[np.float64], season: Any, local: float) -> float:
    """The spread of the hour; 1 while no season is in use or nothing is known."""
    at = season.spreads
    usual = state[at + _MEAN]
    if (state[CHOSEN] == 0.0 and state[DETECTED_ON] == 0.0) or usual <= 0.0:
        return 1.0
    count = state[at + _COUNTS + _hour(local)]
    mean = state[at + _MEANS + _hour(local)]
    return float((count * mean / usual + _PRIOR) / (count + _PRIOR))


@kernel
def learn_spread(state: NDArray[np.float64], season: Any, local: float, error: float, spread: float) -> None:
    """Learn the error of one value; ``spread`` is that of its hour."""
    at = season.spreads
    size = abs(error)
    if state[at + _COUNT] >= _PRIOR and state[at + _MEAN] > 0.0:
        size = min(size, _CLIP * spread * state[at + _MEAN])
    _learn_mean(state, at + _COUNT, at + _MEAN, size, _HOURS * _MOST)
    hour = _hour(local)
    _learn_mean(state, at + _COUNTS + hour, at + _MEANS + hour, size, _MOST)


@kernel
def _learn_mean(state: NDArray[np.float64], count: int, mean: int, size: float, most: float) -> None:
    state[count] = min(most, state[count] + 1.0)
    state[mean] += (size - state[mean]) / state[count]


@kernel
def forget_spreads(state: NDArray[np.float64], season: Any) -> None:
    """Begin again, because another season is in use."""
    state[season.spreads : season.spreads + WORDS] = 0.0
