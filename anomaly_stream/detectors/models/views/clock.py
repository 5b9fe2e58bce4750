"""The step and the unit of a series, and the rate of its running means.

*Step*: a slow geometric mean of the intervals between values.

*Unit*: the model computes with ``x = value 2^-k``, with ``2^k`` the power of two above the first value that
is not 0. A power of two changes no digit, and squares of values from 1e-300 to 1e300 stay in the range of a
double.
"""

from math import exp, frexp, ldexp, log

from anomaly_stream.detectors.models.views.state import LAST_TIME, ROWS, STEP, UNIT, ModelState
from anomaly_stream.kernels.jit import leaf_kernel

HOUR_S, DAY_S, WEEK_S = 3600.0, 86_400.0, 604_800.0
_FIRST_STEP_S = 300.0
_LEAST_RATE = 0.02
"""A new interval has at least this weight in the mean of logarithms, which changes by at most 1 per value."""
_LEAST_DT, _MOST_DT = 1e-3, 1e6
_FAR = 1e100
"""Normalised values are clipped to this size."""
_MOST_EXPONENT = 1000


@leaf_kernel
def clipped(x: float, limit: float) -> float:
    """``x``, at most ``limit`` away from 0."""
    return min(max(x, -limit), limit)


@leaf_kernel
def step_of(state: ModelState) -> float:
    """Mean interval between values in seconds."""
    return float(state.doubles[STEP])


@leaf_kernel
def rate_of(state: ModelState, time_s: float) -> float:
    """Weight of the newest value in a running mean over ``time_s``; all values weigh the same until then."""
    return max(1.0 / float(state.doubles[ROWS]), 1.0 - exp(-step_of(state) / time_s))


@leaf_kernel
def unit_of(state: ModelState, value: float) -> float:
    """The factor that normalises values, ``2^-k``; that of ``value`` if it is the first that is not 0."""
    unit = float(state.doubles[UNIT])
    if unit != 0.0 or value == 0.0:
        return unit if unit != 0.0 else 1.0
    return float(ldexp(1.0, -max(-_MOST_EXPONENT, min(_MOST_EXPONENT, frexp(value)[1]))))


@leaf_kernel
def normalise(state: ModelState, value: float) -> float:
    """``x`` of a value."""
    return clipped(value * unit_of(state, value), _FAR)


@leaf_kernel
def take_time_and_unit(state: ModelState, time: float, value: float) -> None:
    """Update step and unit with an observation, before anything else learns it."""
    doubles = state.doubles
    if value != 0.0:
        doubles[UNIT] = unit_of(state, value)
    dt = time - doubles[LAST_TIME]
    if doubles[ROWS] == 0:
        doubles[STEP] = _FIRST_STEP_S
    elif dt > 0.0:
        interval = min(max(dt, _LEAST_DT), _MOST_DT)
        if doubles[ROWS] == 1:
            doubles[STEP] = interval
        else:
            rate = max(_LEAST_RATE, 0.5 / doubles[ROWS])
            doubles[STEP] *= exp(rate * clipped(log(interval / doubles[STEP]), 1.0))
    doubles[LAST_TIME] = time
