"""The series' own time step and unit.

*Step*: ``exp`` of a slow mean of ``ln dt``, the geometric mean interval between values. *Hour*: wherever the
model counts in hours, an hour is ``min(max(3600 s, step), 80 step)``. So it holds at least one value, and at
most 80 steps of a fast series.

*Unit*: the model computes with ``x_norm = (value - first value) 2^-k``, with ``2^k`` the power of two above
the first value that is not 0. A power of two changes no digit, and squares of values from 1e-300 to 1e300
stay in the range of a double.
"""

from math import exp, floor, frexp, ldexp, log

from anomaly_stream.detectors.models.parts.state import (
    FIRST_TIME,
    FRACTIONS,
    LAST_TIME,
    LOG_STEP,
    ORIGIN,
    ROWS,
    STEPS,
    UNIT,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

HOUR_S = 3600.0
DAY_S = 86_400.0
_MOST_STEPS = 80.0
_FIRST_STEP_S = 300.0
_SLOWEST = 0.02
"""A new interval has at least this weight in the mean of logarithms, which changes by at most 1 per value."""
_LEAST_DT, _MOST_DT = 1e-3, 1e6
_FAR = 1e15
"""Normalised values are clipped to this size."""
_MOST_EXPONENT = 1000


@leaf_kernel
def step_of(state: ModelState) -> float:
    """Mean interval between values in seconds."""
    return exp(state.doubles[LOG_STEP])


@leaf_kernel
def usual_step(state: ModelState) -> float:
    """The step, clipped to 1 minute to 1 hour: the range over which evidence is corrected for the step."""
    return min(max(exp(state.doubles[LOG_STEP]), 60.0), HOUR_S)


@leaf_kernel
def hour_of(state: ModelState) -> float:
    """Length of an hour of this series in seconds, as the module describes it."""
    step = step_of(state)
    return min(max(HOUR_S, step), _MOST_STEPS * step)


@leaf_kernel
def unit_of(state: ModelState) -> float:
    """The factor that normalises values, ``2^-k``."""
    unit = state.doubles[UNIT]
    return unit if unit != 0.0 else 1.0


@leaf_kernel
def origin_of(state: ModelState) -> float:
    """The first value times the unit, so that ``x_norm + origin`` is the value times the unit."""
    return float(state.doubles[ORIGIN] * unit_of(state))


@leaf_kernel
def normalise(state: ModelState, value: float) -> float:
    """``x_norm`` of a value."""
    x_norm = value * unit_of(state) - origin_of(state)
    return min(max(x_norm, -_FAR), _FAR)


@leaf_kernel
def denormalise(state: ModelState, x_norm: float) -> float:
    """The value with this ``x_norm``."""
    return (x_norm + origin_of(state)) / unit_of(state)


@leaf_kernel
def take_time_and_unit(state: ModelState, time: float, value: float) -> None:
    """Update step and unit with an observation, before anything else learns it."""
    doubles = state.doubles
    if doubles[ROWS] == 0:
        doubles[FIRST_TIME] = time
        doubles[LAST_TIME] = time
        doubles[ORIGIN] = value
        doubles[LOG_STEP] = log(_FIRST_STEP_S)
    if doubles[UNIT] == 0 and value != 0:
        doubles[UNIT] = ldexp(1.0, -max(-_MOST_EXPONENT, min(_MOST_EXPONENT, frexp(value)[1])))
    dt = time - doubles[LAST_TIME]
    if dt > 0:
        x = log(min(max(dt, _LEAST_DT), _MOST_DT))
        if doubles[STEPS] == 0:
            doubles[LOG_STEP] = x
        else:
            doubles[LOG_STEP] += max(_SLOWEST, 0.5 / (doubles[STEPS] + 1)) * max(
                -1.0, min(1.0, x - doubles[LOG_STEP])
            )
        doubles[STEPS] += 1
        doubles[LAST_TIME] = time
    if value < 0 or value != floor(value):
        doubles[FRACTIONS] = 1
