"""The band of ``auto``: the nearest value on each side of the expected one whose score reaches a threshold.

Edges are found by the vote itself: double the step until the value is an anomaly, then bisect. While an
incident lasts, they are where it would end.
"""

from anomaly_stream.detectors.models.views.clock import unit_of
from anomaly_stream.detectors.models.views.evaluation import Seen, voted
from anomaly_stream.detectors.models.views.forecasts import Forecasts, target
from anomaly_stream.detectors.models.views.incident import least_away
from anomaly_stream.detectors.models.views.state import DEVIATION, ModelState
from anomaly_stream.detectors.models.views.strength import ALERT, confirm, strength_of
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import LARGEST, RESOLUTION, UNBOUNDED

_DOUBLINGS, _HALVINGS = 64, 14
_FIRST = 0.25
"""The first step is this fraction of the usual deviation."""


@leaf_kernel
def _is_beyond(state: ModelState, time: float, x: float, found: Forecasts, least: float) -> bool:
    _, _, by_views = voted(state, time, x, found)
    return bool(confirm(state, time, by_views.strength, x - target(x, found)) >= least)


@leaf_kernel
def _edge(state: ModelState, time: float, found: Forecasts, least: float, side: int) -> float:
    """The upper (side 1) or lower (-1) edge; ``side * UNBOUNDED`` if there is none."""
    inner = found.expected
    step = _FIRST * (state.doubles[DEVIATION] + RESOLUTION * abs(inner) + 1e-300)
    outer = inner + side * step
    doublings = 0
    while not _is_beyond(state, time, outer, found, least):
        doublings += 1
        if doublings > _DOUBLINGS:
            return side * UNBOUNDED
        inner = outer
        step *= 2.0
        outer = inner + side * step
    for _ in range(_HALVINGS):
        guess = 0.5 * (inner + outer)
        if _is_beyond(state, time, guess, found, least):
            outer = guess
        else:
            inner = guess
    value = outer / unit_of(state, 0.0)
    return value if abs(value) < LARGEST else side * UNBOUNDED


@leaf_kernel
def band(state: ModelState, time: float, seen: Seen, sensitivity: float) -> tuple[float, float]:
    """Lower and upper edge for the score ``sensitivity``, as values of the metric."""
    if sensitivity >= 100.0:
        return -UNBOUNDED, UNBOUNDED
    least = strength_of(sensitivity)
    if seen.lasts and least <= ALERT:
        away, unit = least_away(state, time, seen.forecasts), unit_of(state, 0.0)
        return (seen.expected - away) / unit, (seen.expected + away) / unit
    level, line, day, week, expected, lowest, highest, certain = seen.forecasts
    if lowest == highest == expected:  # there is no exception
        lowest, highest = seen.expected, seen.expected
    found = Forecasts(level, line, day, week, seen.expected, lowest, highest, certain)
    return _edge(state, time, found, least, -1), _edge(state, time, found, least, 1)
