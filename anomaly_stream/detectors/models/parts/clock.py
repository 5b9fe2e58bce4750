"""The series' own clock and unit.

*Step*: exp of a slow mean of ln dt. *An hour*, for everything that holds for some hours: an hour of the
clock, one step where that is longer, 80 steps where those are shorter (100 values a second).

*Unit*: inside, a value v is u = (v - first value) 2^-k, with 2^k the power of two above the first value that
is not 0. A power of two changes no digit; magnitudes of 1e-300 to 1e300 come to numbers that can be squared.
"""

from math import exp, floor, frexp, ldexp, log

from anomaly_stream.detectors.models.parts.layout import (
    FIRST_TIME,
    FRACTIONS,
    LAST_TIME,
    LOG_STEP,
    ORIGIN,
    ROWS,
    STEPS,
    UNIT,
    Memory,
)
from anomaly_stream.kernels.jit import leaf_kernel

HOUR_S = 3600.0
DAY_S = 86_400.0
_MOST_STEPS = 80.0
_FIRST_STEP_S = 300.0
_SLOWEST = 0.02
"""Share of the latest interval in the mean of logarithms; larger at first, and an e-fold at most a time."""
_LEAST_DT, _MOST_DT = 1e-3, 1e6
_FAR = 1e15
"""Inside, values are taken as at most this large."""
_MOST_EXPONENT = 1000


@leaf_kernel
def step_of(memory: Memory) -> float:
    """Seconds from value to value."""
    return exp(memory.words[LOG_STEP])


@leaf_kernel
def usual_step(memory: Memory) -> float:
    """The step, held between a minute and an hour: scores are compared across no wider range."""
    return min(max(exp(memory.words[LOG_STEP]), 60.0), HOUR_S)


@leaf_kernel
def hour_of(memory: Memory) -> float:
    """Seconds of what counts as an hour for this series."""
    step = step_of(memory)
    return min(max(HOUR_S, step), _MOST_STEPS * step)


@leaf_kernel
def unit_of(memory: Memory) -> float:
    """What values are multiplied by inside."""
    unit = memory.words[UNIT]
    return unit if unit != 0.0 else 1.0


@leaf_kernel
def origin_of(memory: Memory) -> float:
    """The first value in units of the inside: u + origin is a value's distance from 0."""
    return float(memory.words[ORIGIN] * unit_of(memory))


@leaf_kernel
def inside(memory: Memory, value: float) -> float:
    """A value as it is counted inside."""
    u = value * unit_of(memory) - origin_of(memory)
    return min(max(u, -_FAR), _FAR)


@leaf_kernel
def outside(memory: Memory, u: float) -> float:
    """The value that ``inside`` makes ``u`` of."""
    return (u + origin_of(memory)) / unit_of(memory)


@leaf_kernel
def take_time_and_unit(memory: Memory, time: float, value: float) -> None:
    """Let step and unit follow an observation, before anything else learns it."""
    words = memory.words
    if words[ROWS] == 0:
        words[FIRST_TIME] = time
        words[LAST_TIME] = time
        words[ORIGIN] = value
        words[LOG_STEP] = log(_FIRST_STEP_S)
    if words[UNIT] == 0 and value != 0:
        words[UNIT] = ldexp(1.0, -max(-_MOST_EXPONENT, min(_MOST_EXPONENT, frexp(value)[1])))
    dt = time - words[LAST_TIME]
    if dt > 0:
        x = log(min(max(dt, _LEAST_DT), _MOST_DT))
        if words[STEPS] == 0:
            words[LOG_STEP] = x
        else:
            words[LOG_STEP] += max(_SLOWEST, 0.5 / (words[STEPS] + 1)) * max(
                -1.0, min(1.0, x - words[LOG_STEP])
            )
        words[STEPS] += 1
        words[LAST_TIME] = time
    if value < 0 or value != floor(value):
        words[FRACTIONS] = 1
