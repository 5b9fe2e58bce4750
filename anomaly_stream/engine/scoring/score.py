"""The score of a value against its baseline, from 0 to 100.

Each detector's score is ``-10 log10(p)`` of its own tail probability. The *distance score* is the mean of the
scores of the point detectors, that is, the score of the geometric mean of their probabilities (Vovk and Wang,
Combining p-values via averaging, Biometrika 107, 2020). If a calibrator gives a score, it replaces the mean.
The distance score has a cap: if k of the n values in the window are at least as far out on the same side (on
either side, if the config watches both), the score is at most that of the probability k / (n + 1). So a value
that is common in the window is never an anomaly, whatever the shape of its distribution. And if ten values of
the window are further out than its band, they are a known level, a new one or the peaks of a wave: beyond it,
the distance counts from the tenth outermost value.

A pattern detector answers another question than how far the value is from its baseline. The score is
``max(distance score, pattern scores - 10 log10(questions))`` (Bonferroni's correction).
"""

from typing import Any, NamedTuple

from anomaly_stream.detectors.stateful import dispatch
from anomaly_stream.detectors.window.dispatch import evaluate
from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.order import count_below, count_up_to
from anomaly_stream.kernels.tails import HIGHEST_SCORE, score_of, tail
from anomaly_stream.kernels.window import NOBODY
from anomaly_stream.model.baseline import Baseline

_KNOWN_LEVEL = 10
"""This many values beyond the band are a known level, because anomalies enter the window clipped to it."""
POINT_DETECTORS = -1
"""This detector number means all point detectors together."""


class WindowScore(NamedTuple):
    """The score of a value, and the detector that it comes from."""

    score: float
    distance: float
    """The distance score alone."""
    source_detector: int
    """Number of a pattern detector, or ``POINT_DETECTORS``."""


@kernel
def side_of(value: float, baseline: Baseline) -> int:
    """1 above the expected value, -1 below, 0 at it."""
    if value > baseline.median:
        return 1
    return -1 if value < baseline.median else 0


@kernel
def _stateful_tail(
    number: int, value: float, baseline: Baseline, config: Any, instant: Instant
) -> tuple[float, float]:
    """As ``detector_tail``; NaN while the detector cannot judge yet."""
    start = config.detector_at[number]
    own_state = instant.detector_state[start : start + config.detector_words[number]]
    judged = instant.value if (config.unadjusted >> number) & 1 else value
    statistic, z = dispatch.evaluate(number, own_state, instant.time, judged, baseline)
    if z != z:
        return statistic, z
    if (config.sideless >> number) & 1:
        return statistic, tail(z, 0, 1)
    side = side_of(value, baseline)
    if (config.patterns >> number) & 1:  # the sign of a pattern's deviate is its side
        side = 1 if z > 0.0 else -1
    return statistic, tail(z, config.direction, side)


@kernel
def detector_tail(
    number: int, value: float, baseline: Baseline, config: Any, instant: Instant
) -> tuple[float, float]:
    """Statistic and tail probability of one detector."""
    if (config.stateful >> number) & 1:
        return _stateful_tail(number, value, baseline, config, instant)
    statistic, z = evaluate(number, value, baseline)
    if z != z:  # no window detector has this number
        return statistic, z
    return statistic, tail(z, config.direction, side_of(value, baseline))


@kernel
def evidence(value: float, baseline: Baseline, config: Any, instant: Instant) -> float:
    """The distance score before caps: by the calibrator, else the mean over the point detectors, else 0.

    It never falls as the value moves away from the expected value.
    """
    if config.calibrator >= 0:
        p = detector_tail(config.calibrator, value, baseline, config, instant)[1]
        if p == p:
            return score_of(p)
    total = 0.0
    used = 0
    number = 0
    left = config.point_detectors
    while left > 0:
        if left & 1:
            p = detector_tail(number, value, baseline, config, instant)[1]
            if p == p:
                total += score_of(p)
                used += 1
        left >>= 1
        number += 1
    return total / used if used > 0 else 0.0


@kernel
def rarity_cap(row: Any, pool: Pool, value: float, side: int, direction: int) -> float:
    """The cap on the score: how rare it is in the window to be as far out as ``value`` on ``side``."""
    if side > 0:
        beyond = row.count - count_below(pool.sorted, row.start, row.count, value)
    else:
        beyond = count_up_to(pool.sorted, row.start, row.count, value)
    if beyond == 0:
        return HIGHEST_SCORE
    sides = 2.0 if direction == 0 else 1.0
    return score_of(min(1.0, sides * beyond / (row.count + 1.0)))


@kernel
def least_distance(expected: float, config: Any) -> float:
    """The distance from the expected value that an anomaly must exceed; -1 if the config sets none."""
    least = -1.0
    if config.min_deviation > 0.0:
        least = config.min_deviation
    if config.min_deviation_relative > 0.0:
        least = max(least, config.min_deviation_relative * abs(expected))
    return least


@kernel
def least_deviation(baseline: Baseline, config: Any, instant: Instant) -> float:
    """The same for values adjusted to the season."""
    return least_distance(baseline.median * instant.factor + instant.offset, config) / instant.factor


@kernel
def _beyond_known_level(
    found: float,
    value: float,
    side: int,
    row: Any,
    pool: Pool,
    baseline: Baseline,
    config: Any,
    instant: Instant,
) -> float:
    """The evidence from a second level on ``side`` on, if the window knows one; else ``found``."""
    if row.count <= 2 * _KNOWN_LEVEL:
        return found
    place = row.count - _KNOWN_LEVEL if side > 0 else _KNOWN_LEVEL - 1
    level = pool.sorted[row.start + place]
    if evidence(level, baseline, config, instant) < config.sensitivity:
        return found
    return min(found, evidence(baseline.median + (value - level), baseline, config, instant))


@kernel
def admitted(
    found: float, value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant
) -> float:
    """The distance score of this evidence: 0 on an unwatched side, and 0 within the least deviation."""
    side = side_of(value, baseline)
    if side == 0 or side == -config.direction:
        return 0.0
    if abs(value - baseline.median) <= least_deviation(baseline, config, instant):
        return 0.0
    if found >= config.sensitivity:
        found = _beyond_known_level(found, value, side, row, pool, baseline, config, instant)
    return min(found, rarity_cap(row, pool, value, side, config.direction))


@kernel
def is_far_unwatched(value: float, baseline: Baseline, config: Any, instant: Instant) -> bool:
    """Whether a value on the side that the config does not watch is as far out as an anomaly on the other."""
    if side_of(value, baseline) * config.direction >= 0:
        return False
    mirrored = baseline.median + (baseline.median - value)
    return bool(evidence(mirrored, baseline, config, instant) >= config.sensitivity)


@kernel
def distance_score(
    value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant
) -> float:
    """The distance of a value from the expected value, as a score."""
    found = evidence(value, baseline, config, instant)
    return admitted(found, value, row, pool, baseline, config, instant)


@kernel
def score(
    value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, instant: Instant
) -> WindowScore:
    """The score of a value. ``min_deviation`` and the cap apply to the distance score only."""
    distance = distance_score(value, row, pool, baseline, config, instant)
    highest = distance
    source = POINT_DETECTORS
    number = 0
    left = config.patterns
    while left > 0:
        if left & 1:
            p = detector_tail(number, value, baseline, config, instant)[1]
            found = score_of(p) - config.correction if p == p else 0.0
            if found > highest:
                highest = found
                source = number
        left >>= 1
        number += 1
    return WindowScore(highest, distance, source)


@kernel
def common_rank(row: Any, config: Any) -> int:
    """If this many values of the window are as far out, the cap on the score is below the sensitivity."""
    return int((row.count + 1.0) * config.common) + 1


@kernel
def seen_before(value: float, row: Any, pool: Pool, config: Any, leaving: int) -> bool:
    """Whether the cap alone excludes an anomaly; reads at most two values of the window.

    ``leaving`` is the place of a value to ignore, or ``window.NOBODY``.
    """
    rank = common_rank(row, config)
    if rank > row.count:
        return False
    if config.direction <= 0 and value < _ranked(row, pool, rank - 1, leaving):
        return False
    return bool(config.direction < 0 or value <= _ranked(row, pool, row.count - rank, leaving))


@kernel
def _ranked(row: Any, pool: Pool, number: int, leaving: int) -> float:
    """The value of this rank among the sorted values without the leaving one."""
    if leaving != NOBODY and number >= leaving:
        number += 1
    return float(pool.sorted[row.start + number])
