"""The last five weeks of each hour of the week: the mean of its values in each.

They are kept as float32 distances from the first value of the series.
"""

from math import inf
from typing import NamedTuple

from anomaly_stream.detectors.models.views.clock import clipped
from anomaly_stream.detectors.models.views.state import (
    WEEK_BASE,
    WEEK_COUNTS,
    WEEK_KNOWN,
    WEEK_MEANS,
    WEEKS,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

WEEK_RESOLUTION = 1e-6
"""Means have at least this precision, relative to their distance from the first value."""
_FARTHEST = 1e37


class Weeks(NamedTuple):
    """What the last weeks showed at an hour of the week, normalised."""

    mean: float
    """A week counts as at most ``far`` from the median."""
    lowest: float
    lower: float
    """The lower quartile."""
    median: float
    upper: float
    """The upper quartile."""
    highest: float


@leaf_kernel
def _ordered(a: float, b: float) -> tuple[float, float]:
    return (a, b) if a <= b else (b, a)


@leaf_kernel
def weeks_of(state: ModelState, hour: int, far: float) -> Weeks:
    """The last weeks' means of an hour of the week that at least one week has."""
    count = min(int(state.floats[WEEK_COUNTS + hour]), WEEKS)
    start = WEEK_MEANS + WEEKS * hour
    a = float(state.floats[start])
    b = float(state.floats[start + 1]) if count > 1 else inf
    c = float(state.floats[start + 2]) if count > 2 else inf
    d = float(state.floats[start + 3]) if count > 3 else inf
    e = float(state.floats[start + 4]) if count > 4 else inf
    a, b = _ordered(a, b)
    d, e = _ordered(d, e)
    c, e = _ordered(c, e)
    c, d = _ordered(c, d)
    a, d = _ordered(a, d)
    a, c = _ordered(a, c)
    b, e = _ordered(b, e)
    b, d = _ordered(b, d)
    b, c = _ordered(b, c)
    means = (a, b, c, d, e)
    base = float(state.doubles[WEEK_BASE])
    median = 0.5 * (means[(count - 1) // 2] + means[count // 2])
    lower, upper = means[count // 4], means[count - 1 - count // 4]
    total = 0.0
    for week in range(count):
        total += clipped(means[week] - median, far)
    return Weeks(
        base + median + total / count,
        base + means[0],
        base + lower,
        base + median,
        base + upper,
        base + means[count - 1],
    )


@leaf_kernel
def learn_week(state: ModelState, hour: int, mean: float) -> None:
    """Replace the oldest mean of an hour of the week."""
    count = int(state.floats[WEEK_COUNTS + hour])
    if count == 0:
        state.doubles[WEEK_KNOWN] += 1
    distance = clipped(mean - state.doubles[WEEK_BASE], _FARTHEST)
    state.floats[WEEK_MEANS + WEEKS * hour + count % WEEKS] = distance
    state.floats[WEEK_COUNTS + hour] = count + 1
