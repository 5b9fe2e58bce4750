"""The normal band: where the verdict flips. Searched on the score itself, so that both always agree."""

from typing import Any

import numpy as np

from anomaly_stream.engine.scoring import common_rank, evidence, least_deviation, score
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

UNBOUNDED = 1.7976931348623157e308
"""An edge there stands for a side that has none."""
LARGEST = 1e300
"""Values are taken as at most this large."""
EFFECT_CAP = 1e6
_SECANTS = 14
_CLOSE = 1e-15


@kernel
def is_anomaly(value: float, row: Any, pool: Pool, baseline: Baseline, config: Any) -> bool:
    """The verdict."""
    return score(value, row, pool, baseline, config) >= config.sensitivity


@kernel
def _inner(row: Any, pool: Pool, baseline: Baseline, config: Any, side: int) -> float:
    """A value on ``side`` that is no anomaly, as far out as is known without a search."""
    inner = baseline.median
    rank = common_rank(row, config)
    if rank <= row.count:
        known = pool.sorted[row.start + row.count - rank] if side > 0 else pool.sorted[row.start + rank - 1]
        if side * known > side * inner:
            inner = known
    reach = baseline.median + side * least_deviation(baseline, config)
    if side * reach > side * inner:
        inner = reach
    inner = max(-LARGEST, min(LARGEST, inner))
    return baseline.median if is_anomaly(inner, row, pool, baseline, config) else inner


@kernel
def edge(row: Any, pool: Pool, baseline: Baseline, config: Any, side: int) -> float:
    """The outermost value on ``side`` (1, -1) that is no anomaly; ``UNBOUNDED`` on that side where all are none.

    The false position method with the Illinois correction (Dowell and Jarratt, BIT 11, 1971) on the detectors'
    evidence, then bisection until no float lies between.
    """
    if side == -config.direction:
        return side * UNBOUNDED
    inner = _inner(row, pool, baseline, config, side)
    if is_anomaly(np.nextafter(inner, side * np.inf), row, pool, baseline, config):
        return inner
    step = max(baseline.sd, abs(inner) * 1e-15)
    outer = inner + side * step
    while not is_anomaly(outer, row, pool, baseline, config):
        if abs(outer) >= LARGEST:
            return side * UNBOUNDED
        inner = outer
        step *= 2.0
        outer = max(-LARGEST, min(LARGEST, inner + side * step))
    inner, outer = _narrowed(inner, outer, row, pool, baseline, config)
    nearest = _CLOSE * abs(inner - baseline.median)
    while abs(outer - inner) > nearest:
        middle = inner + (outer - inner) / 2.0
        if middle in (inner, outer):
            break
        if is_anomaly(middle, row, pool, baseline, config):
            outer = middle
        else:
            inner = middle
    return inner


@kernel
def _narrowed(
    inner: float, outer: float, row: Any, pool: Pool, baseline: Baseline, config: Any
) -> tuple[float, float]:
    """A closer bracket of the flip."""
    low = evidence(inner, baseline, config) - config.sensitivity
    high = evidence(outer, baseline, config) - config.sensitivity
    kept = 0
    for _ in range(_SECANTS):
        guess = inner + (outer - inner) * (low / (low - high)) if low < 0.0 <= high and low < high else inner
        if not min(inner, outer) < guess < max(inner, outer):
            break
        found = evidence(guess, baseline, config) - config.sensitivity
        if is_anomaly(guess, row, pool, baseline, config):
            outer = guess
            high = found
            low = low / 2.0 if kept == 1 else low
            kept = 1
        else:
            inner = guess
            low = found
            high = high / 2.0 if kept == -1 else high
            kept = -1
    return inner, outer


@kernel
def effect(value: float, expected: float, nearer_edge: float) -> float:
    """Distance from the expected value over that of the edge: 1 at the edge, at most ``EFFECT_CAP``."""
    reach = abs(nearer_edge - expected)
    distance = abs(value - expected)
    if reach == 0.0 or distance / reach > EFFECT_CAP:
        return EFFECT_CAP
    return distance / reach
