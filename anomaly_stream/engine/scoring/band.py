"""The normal band: the values at which the verdict flips.

The search evaluates the score itself, so band and verdict always agree.
"""

from typing import Any

import numpy as np

from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.score import admitted, common_rank, evidence, least_deviation
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import LARGEST, UNBOUNDED
from anomaly_stream.model.baseline import Baseline

EFFECT_CAP = 1e6
_SECANTS = 14
_ATTEMPTS = 200
_CLOSE = 1e-15


@kernel
def _probe(
    value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant
) -> tuple[float, bool]:
    """The evidence minus the sensitivity, and whether the value is an anomaly."""
    found = evidence(value, baseline, config, instant)
    return found - config.sensitivity, admitted(
        found, value, row, pool, baseline, config, instant
    ) >= config.sensitivity


@kernel
def _start(row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant, side: int) -> float:
    """A value on ``side`` that is probably not an anomaly, as far out as is known without a search."""
    start = baseline.median
    rank = common_rank(row, config)
    if rank <= row.count:
        known = pool.sorted[row.start + row.count - rank] if side > 0 else pool.sorted[row.start + rank - 1]
        start = max(start, known) if side > 0 else min(start, known)
    least = max(0.0, least_deviation(baseline, config, instant))
    reach = max(-LARGEST, min(LARGEST, baseline.median + side * least))
    return float(max(start, reach) if side > 0 else min(start, reach))


@kernel
def edge(row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant, side: int) -> float:
    """The outermost value on ``side`` (1, -1) that is not an anomaly; ``UNBOUNDED`` if no value is one.

    Doubling steps outward find an anomaly. Between the last two values the search continues by the false
    position method with the Illinois correction (Dowell and Jarratt, BIT 11, 1971), then by bisection.
    """
    if side == -config.direction:
        return side * UNBOUNDED
    inner = _start(row, pool, baseline, config, instant, side)
    low, anomalous = _probe(inner, row, pool, baseline, config, instant)
    if anomalous:
        inner = baseline.median
    step = max(baseline.sd, abs(inner) * _CLOSE)
    outer = np.nextafter(inner, side * np.inf)
    while True:
        high, anomalous = _probe(outer, row, pool, baseline, config, instant)
        if anomalous:
            break
        if abs(outer) >= LARGEST:
            return side * UNBOUNDED
        inner = outer
        low = high
        outer = max(-LARGEST, min(LARGEST, inner + side * step))
        step *= 2.0
    return _flip(inner, outer, low, high, row, pool, baseline, config, instant)


@kernel
def _flip(
    inner: float,
    outer: float,
    low: float,
    high: float,
    row: Any,
    pool: Pool,
    baseline: Baseline,
    config: Any,
    instant: Instant,
) -> float:
    """The last normal value between ``inner``, which is normal, and ``outer``, which is an anomaly.

    ``low`` and ``high`` are the excess of the evidence there.
    """
    kept = 0
    for attempt in range(_ATTEMPTS):
        guess = inner + (outer - inner) / 2.0
        if attempt < _SECANTS and low < 0.0 < high:
            secant = inner + (outer - inner) * (low / (low - high))
            if min(inner, outer) < secant < max(inner, outer):
                guess = secant
        if guess in (inner, outer) or abs(outer - inner) <= _CLOSE * abs(inner - baseline.median):
            break
        excess, anomalous = _probe(guess, row, pool, baseline, config, instant)
        if anomalous:
            outer = guess
            high = excess
            low = low / 2.0 if kept == 1 else low
            kept = 1
        else:
            inner = guess
            low = excess
            high = high / 2.0 if kept == -1 else high
            kept = -1
    return inner


@kernel
def band(row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant) -> tuple[float, float]:
    """Lower and upper edge by the distance score; ``UNBOUNDED`` without point detectors."""
    if config.point_detectors == 0:
        return -UNBOUNDED, UNBOUNDED
    edges = (0.0, 0.0)
    for side in (-1, 1):
        edges = (edges[1], edge(row, pool, baseline, config, instant, side))
    return edges


@kernel
def own_side(lower: float, upper: float, expected: float, value: float, outside: bool) -> tuple[float, float]:
    """The band, adjusted if rounding put the value on the wrong side of an edge."""
    if not outside:
        return min(lower, value), max(upper, value)
    if value > expected:
        return lower, min(upper, np.nextafter(value, -np.inf))
    return max(lower, np.nextafter(value, np.inf)), upper


@kernel
def least_shown(upper: float, value: float, nonnegative: bool) -> float:
    """The least lower edge and expected value that are shown: 0, or a value below 0 by rounding, of a series
    that has never been below 0 (``nonnegative``).

    Verdicts do not change: the first value below 0 is an anomaly if it is beyond the edge itself, and the
    band is then shown as it is. It is too where all of it is below 0.
    """
    return min(0.0, value) if nonnegative and upper >= 0.0 else -UNBOUNDED


@kernel
def effect(value: float, expected: float, nearer_edge: float) -> float:
    """``|value - expected| / |edge - expected|``, at most ``EFFECT_CAP``."""
    reach = abs(nearer_edge - expected)
    distance = abs(value - expected)
    if reach == 0.0 or distance / reach > EFFECT_CAP:
        return EFFECT_CAP
    return distance / reach


@kernel
def effect_within_band(score: float, sensitivity: float) -> float:
    """The effect of an anomaly within the band: its score over the sensitivity, at most ``EFFECT_CAP``."""
    return min(EFFECT_CAP, score / sensitivity) if sensitivity > 0.0 else EFFECT_CAP
