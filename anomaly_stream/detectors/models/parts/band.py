"""The band of a model: every value beyond it is an anomaly by its size alone.

By the residual route, every value far enough from the baseline is an anomaly; by the surprise route, every
value far enough outside the range of all past values. The edge on each side is where the first of the two
reaches the threshold. A value within the band can still be an anomaly for another reason: its season, level
or spread, a run, or a gap between known values.

Edges are found by evaluating the routes: double the step until the value is an anomaly, then bisect.
"""

from anomaly_stream.detectors.models.parts.baseline import deviate
from anomaly_stream.detectors.models.parts.clock import denormalise
from anomaly_stream.detectors.models.parts.evaluation import Carried
from anomaly_stream.detectors.models.parts.evidence import (
    evidence_of,
    residual_left,
    residual_of,
    surprise_left,
)
from anomaly_stream.detectors.models.parts.sketch import FEWEST, extremes, surprise
from anomaly_stream.detectors.models.parts.state import SKETCHED, ModelState
from anomaly_stream.detectors.models.parts.views import (
    VALUE_VIEW,
    multiplicity_penalty,
    proximity_penalty,
    raw_loss,
)
from anomaly_stream.kernels.jit import leaf_kernel

UNBOUNDED = 1.7976931348623157e308
"""This value stands for the edge of a side without one."""
_LARGEST = 1e300
_DOUBLINGS, _HALVINGS = 64, 20
_FIRST = 1e-3
"""The first step is this fraction of ``min(1, |baseline|)``."""


@leaf_kernel
def _is_beyond(
    state: ModelState,
    time: float,
    x_norm: float,
    found: Carried,
    least: float,
    by_surprise: bool,
    by_residual: bool,
) -> bool:
    """Whether the size of a value alone gives evidence of ``least`` or more."""
    z = deviate(state, x_norm, found.forecasts)
    if by_residual and residual_left(state, time, residual_of(state, z)) >= least:
        return True
    if not by_surprise or state.doubles[SKETCHED] < FEWEST:
        return False
    lowest, highest = extremes(state, VALUE_VIEW)
    if lowest <= x_norm <= highest:
        return False
    evidence = (
        surprise(state, VALUE_VIEW, x_norm)
        + proximity_penalty(z)
        - raw_loss(found.forecasts.season)
        - multiplicity_penalty(state)
    )
    return surprise_left(state, time, evidence) >= least


@leaf_kernel
def edge(
    state: ModelState,
    time: float,
    found: Carried,
    sensitivity: float,
    side: int,
    by_surprise: bool,
    by_residual: bool,
) -> float:
    """The upper (side 1) or lower (-1) edge by these routes; ``side * UNBOUNDED`` if there is none."""
    baseline = found.forecasts.baseline
    if baseline != baseline or sensitivity >= 100.0:
        return side * UNBOUNDED
    least = evidence_of(sensitivity)
    inner = found.forecasts.highest if side > 0 else found.forecasts.lowest
    step = _FIRST * max(1e-12, min(1.0, abs(baseline)))
    outer = inner + side * step
    doublings = 0
    while not _is_beyond(state, time, outer, found, least, by_surprise, by_residual):
        doublings += 1
        if doublings > _DOUBLINGS:
            return side * UNBOUNDED
        inner = outer
        step *= 2.0
        outer = inner + side * step
    for _ in range(_HALVINGS):
        guess = 0.5 * (inner + outer)
        if _is_beyond(state, time, guess, found, least, by_surprise, by_residual):
            outer = guess
        else:
            inner = guess
    value = denormalise(state, outer)
    return value if abs(value) < _LARGEST else side * UNBOUNDED


@leaf_kernel
def band(
    state: ModelState, time: float, found: Carried, sensitivity: float, by_surprise: bool, by_residual: bool
) -> tuple[float, float]:
    """Lower and upper edge for the score ``sensitivity``, as values of the metric."""
    lower = edge(state, time, found, sensitivity, -1, by_surprise, by_residual)
    return lower, edge(state, time, found, sensitivity, 1, by_surprise, by_residual)
