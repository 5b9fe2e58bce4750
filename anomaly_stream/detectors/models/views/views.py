"""Six views of a value: each a distance from what is usual, in its own usual size.

With x the value, x' the one before, x* what it is compared with (``forecasts.target``) and e = x - x*:

- *change*: x - x'; while |e| is below 6 usual changes, the smaller of this and e. At an hour of a certain
  exception (``forecasts``) it is e - e', at most e: a weekly job that does not run changes nothing but this.
- *error*: e - rho e', at most e; rho is the autocorrelation of the errors. Its size is the mean of the usual
  one and that of this hour of the day.
- *day distance*: x less the running mean of one day, in standard deviations of that day.
- *ratio*: asinh(x/c) - asinh(x*/c), c = 0.1 times the mean size of values: a difference of logarithms that is
  defined at 0.
- *spread*: ln(standard deviation of the last 12 + 0.1 of that of all values), less its mean, times 4: that of
  12 normal values varies by 0.21.
- *shift*: the mean of the last 24 errors.

"The smaller of" and "at most": a value on its way back to the expected one is no anomaly.
"""

from math import asinh, log, sqrt
from typing import NamedTuple

from anomaly_stream.detectors.models.views.forecasts import Forecasts, hour_of_day, inertia, target
from anomaly_stream.detectors.models.views.state import (
    CHANGE,
    DAY_LEVEL,
    DAY_VARIANCE,
    ERROR,
    ERRORS,
    HOUR_COUNTS,
    HOUR_SCALES,
    LAST_ERROR,
    LAST_VALUE,
    LIFE_VARIANCE,
    RATIO,
    ROWS,
    SCALES,
    SHIFT,
    SHIFT_OF,
    SIZE,
    SPREAD,
    SPREAD_OF,
    VALUES,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION

_NEAR = 6.0
_OF_SIZE, _OF_LIFE = 0.1, 0.1
_SPREAD_SIZES = 4.0
HOUR_KNOWN = 3.0
_LEAST = 1e-300

SixFloats = tuple[float, float, float, float, float, float]
"""One number for each view, in the order of their numbers."""


class Views(NamedTuple):
    """The six views of a value."""

    raw: SixFloats
    """Distances in the units of the series."""
    z: SixFloats
    """The same in usual sizes."""


@leaf_kernel
def _smaller(a: float, b: float) -> float:
    return a if abs(a) <= abs(b) else b


@leaf_kernel
def _log_spread(state: ModelState, x: float) -> float:
    """The logarithm of the spread, with ``x`` among the last values."""
    doubles = state.doubles
    rows = int(doubles[ROWS])
    known, oldest = min(rows, SPREAD_OF), rows % SPREAD_OF
    mean = x
    for j in range(known):
        if j != oldest:
            mean += doubles[VALUES + j]
    count = min(rows + 1, SPREAD_OF)
    mean /= count
    squares = (x - mean) ** 2
    for j in range(known):
        if j != oldest:
            squares += (doubles[VALUES + j] - mean) ** 2
    return log(sqrt(squares / count) + _OF_LIFE * sqrt(doubles[LIFE_VARIANCE]) + RESOLUTION)


@leaf_kernel
def _mean_error(state: ModelState, error: float) -> float:
    """The mean of the last errors, ``error`` among them."""
    rows = int(state.doubles[ROWS])
    oldest = rows % SHIFT_OF
    total = error
    for j in range(min(rows, SHIFT_OF)):
        if j != oldest:
            total += state.doubles[ERRORS + j]
    return total / min(rows + 1, SHIFT_OF)


@leaf_kernel
def _error_scale(state: ModelState, time: float) -> float:
    usual = float(state.doubles[SCALES + ERROR])
    hour = hour_of_day(time)
    if state.floats[HOUR_COUNTS + hour] < HOUR_KNOWN:
        return usual
    return 0.5 * (usual + float(state.doubles[HOUR_SCALES + hour]))


@leaf_kernel
def views_of(state: ModelState, time: float, x: float, found: Forecasts) -> Views:
    """All views of a normalised value, before it is learned."""
    doubles = state.doubles
    usual = target(x, found)
    error = x - usual
    change = x - doubles[LAST_VALUE]
    if found.certain:
        change = _smaller(error - doubles[LAST_ERROR], error)
    elif abs(error) < _NEAR * doubles[SCALES + CHANGE]:
        change = _smaller(change, error)
    unexplained = _smaller(error - inertia(state) * doubles[LAST_ERROR], error)
    distance = x - doubles[DAY_LEVEL]
    unit = _OF_SIZE * doubles[SIZE] + RESOLUTION * abs(x) + _LEAST
    ratio = asinh(x / unit) - asinh(usual / unit)
    spread = _log_spread(state, x)
    shift = _mean_error(state, error)
    tiny = RESOLUTION * (abs(x) + sqrt(doubles[LIFE_VARIANCE])) + _LEAST
    z = (
        change / (doubles[SCALES + CHANGE] + tiny),
        unexplained / (_error_scale(state, time) + tiny),
        distance / (sqrt(doubles[DAY_VARIANCE]) + tiny),
        ratio / (doubles[SCALES + RATIO] + RESOLUTION),
        _SPREAD_SIZES * (spread - doubles[SCALES + SPREAD]),
        shift / (doubles[SCALES + SHIFT] + tiny),
    )
    return Views((change, unexplained, distance, ratio, spread, shift), z)
