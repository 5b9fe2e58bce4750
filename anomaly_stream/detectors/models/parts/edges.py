"""The band: values beyond it are anomalies, whatever else they are.

The residual route makes an anomaly of every value far enough from the baseline, and the surprise route of
every one far enough beyond all that was ever seen; a side's edge is where the first of them does. Values
within may be anomalies too, by what is not their size alone (season, level, spread, a run, a gap between
known values). The two are searched for on the formulas themselves, by doubling steps and then by halves.
"""

from anomaly_stream.detectors.models.parts.baseline import deviate
from anomaly_stream.detectors.models.parts.clock import outside
from anomaly_stream.detectors.models.parts.layout import SKETCHED, Memory
from anomaly_stream.detectors.models.parts.score import (
    Carried,
    residual_left,
    residual_of,
    strength_of,
    surprise_left,
)
from anomaly_stream.detectors.models.parts.sketch import FEWEST, extremes, surprise
from anomaly_stream.detectors.models.parts.views import VALUE_VIEW, cut_of, looks_of, raw_loss
from anomaly_stream.kernels.jit import leaf_kernel

UNBOUNDED = 1.7976931348623157e308
"""An edge there stands for a side that has none."""
_LARGEST = 1e300
_DOUBLINGS, _HALVINGS = 64, 20
_FIRST = 1e-3
"""Of the baseline's size, or of 1: the first step."""


@leaf_kernel
def _is_beyond(
    memory: Memory,
    time: float,
    u: float,
    found: Carried,
    least: float,
    by_surprise: bool,
    by_residual: bool,
) -> bool:
    """Whether a value is an anomaly by its size alone: of strength ``least`` or more."""
    z = deviate(memory, u, found.forecasts)
    if by_residual and residual_left(memory, time, residual_of(memory, z)) >= least:
        return True
    if not by_surprise or memory.words[SKETCHED] < FEWEST:
        return False
    lowest, highest = extremes(memory, VALUE_VIEW)
    if lowest <= u <= highest:
        return False
    strength = (
        surprise(memory, VALUE_VIEW, u) + cut_of(z) - raw_loss(found.forecasts.season) - looks_of(memory)
    )
    return surprise_left(memory, time, strength) >= least


@leaf_kernel
def edge(
    memory: Memory,
    time: float,
    found: Carried,
    sensitivity: float,
    side: int,
    by_surprise: bool,
    by_residual: bool,
) -> float:
    """The edge on a side (1, -1) of a model by these routes; ``UNBOUNDED`` where there is none."""
    baseline = found.forecasts.baseline
    if baseline != baseline or sensitivity >= 100.0:
        return side * UNBOUNDED
    least = strength_of(sensitivity)
    inner = found.forecasts.highest if side > 0 else found.forecasts.lowest
    step = _FIRST * max(1e-12, min(1.0, abs(baseline)))
    outer = inner + side * step
    doublings = 0
    while not _is_beyond(memory, time, outer, found, least, by_surprise, by_residual):
        doublings += 1
        if doublings > _DOUBLINGS:
            return side * UNBOUNDED
        inner = outer
        step *= 2.0
        outer = inner + side * step
    for _ in range(_HALVINGS):
        guess = 0.5 * (inner + outer)
        if _is_beyond(memory, time, guess, found, least, by_surprise, by_residual):
            outer = guess
        else:
            inner = guess
    value = outside(memory, outer)
    return value if abs(value) < _LARGEST else side * UNBOUNDED


@leaf_kernel
def band(
    memory: Memory, time: float, found: Carried, sensitivity: float, by_surprise: bool, by_residual: bool
) -> tuple[float, float]:
    """Lower and upper edge for an anomaly's least score ``sensitivity``, in the series' own unit."""
    lower = edge(memory, time, found, sensitivity, -1, by_surprise, by_residual)
    return lower, edge(memory, time, found, sensitivity, 1, by_surprise, by_residual)
