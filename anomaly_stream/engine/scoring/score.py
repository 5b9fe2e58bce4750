"""From a value and its baseline to one score from 0 to 100.

Each detector's score is ``-10 log10(p)`` of its own tail probability. Those of the levels combine to their
mean, which is the score of the geometric mean of the probabilities (Vovk and Wang, Combining p-values via
averaging, Biometrika 107, 2020); a calibrator's stands in its place where it gives one. Nothing that the
window has seen is surprising: of n past values, k at least as far out on that side cap the score at that of
the probability k / (n + 1), both sides counted where both matter. That keeps series with two values, with
steps or with heavy tails sane.

A pattern asks another question than whether the value is far out. The score is the highest of the levels'
and the patterns', each of these less ``10 log10`` of the number of questions asked (Bonferroni's correction).
"""

from typing import Any, NamedTuple

from anomaly_stream.detectors.stateful import dispatch
from anomaly_stream.detectors.window.dispatch import evaluate
from anomaly_stream.engine.plan.dtypes import Moment
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.order import count_below, count_up_to
from anomaly_stream.kernels.tails import HIGHEST_SCORE, score_of, tail
from anomaly_stream.kernels.window import NOBODY
from anomaly_stream.model.baseline import Baseline

LEVELS = -1
"""In place of a detector's number: the levels together."""


class Finding(NamedTuple):
    """The score of a value, and whose it is."""

    score: float
    level: float
    """That of the levels alone."""
    speaker: int
    """Number of a pattern, or ``LEVELS``."""


@kernel
def side_of(value: float, baseline: Baseline) -> int:
    """1 above the expected value, -1 below, 0 at it."""
    if value > baseline.median:
        return 1
    return -1 if value < baseline.median else 0


@kernel
def _stateful_tail(
    number: int, value: float, baseline: Baseline, config: Any, moment: Moment
) -> tuple[float, float]:
    """As ``detector_tail``; NaN where the detector cannot say yet."""
    start = config.detector_at[number]
    memory = moment.detector_state[start : start + config.detector_words[number]]
    judged = moment.value if (config.unadjusted >> number) & 1 else value
    statistic, z = dispatch.evaluate(number, memory, moment.time, judged, baseline)
    if z != z:
        return statistic, z
    if (config.sideless >> number) & 1:
        return statistic, tail(z, 0, 1)
    side = side_of(value, baseline)
    if (config.patterns >> number) & 1:  # it has a side of its own
        side = 1 if z > 0.0 else -1
    return statistic, tail(z, config.direction, side)


@kernel
def detector_tail(
    number: int, value: float, baseline: Baseline, config: Any, moment: Moment
) -> tuple[float, float]:
    """Statistic and tail probability of one detector."""
    if (config.stateful >> number) & 1:
        return _stateful_tail(number, value, baseline, config, moment)
    statistic, z = evaluate(number, value, baseline)
    return statistic, tail(z, config.direction, side_of(value, baseline))


@kernel
def evidence(value: float, baseline: Baseline, config: Any, moment: Moment) -> float:
    """The calibrator's score, else the mean of the levels', 0 where there are none.

    It never falls on the way out from the expected value.
    """
    if config.calibrator >= 0:
        p = detector_tail(config.calibrator, value, baseline, config, moment)[1]
        if p == p:
            return score_of(p)
    total = 0.0
    used = 0
    number = 0
    left = config.levels
    while left > 0:
        if left & 1:
            p = detector_tail(number, value, baseline, config, moment)[1]
            if p == p:
                total += score_of(p)
                used += 1
        left >>= 1
        number += 1
    return total / used if used > 0 else 0.0


@kernel
def rarity_cap(row: Any, pool: Pool, value: float, side: int, direction: int) -> float:
    """The highest score that past values at least as far out as ``value`` on ``side`` allow."""
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
    """The distance from the expected value that an anomaly must exceed; -1 where the config asks for none."""
    least = -1.0
    if config.min_deviation > 0.0:
        least = config.min_deviation
    if config.min_deviation_relative > 0.0:
        least = max(least, config.min_deviation_relative * abs(expected))
    return least


@kernel
def least_deviation(baseline: Baseline, config: Any, moment: Moment) -> float:
    """The same for adjusted values."""
    return least_distance(baseline.median * moment.factor + moment.offset, config) / moment.factor


@kernel
def admitted(
    found: float, value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, moment: Moment
) -> float:
    """The score that evidence makes: 0 on the wrong side and within the least deviation, else capped."""
    side = side_of(value, baseline)
    if side == 0 or side == -config.direction:
        return 0.0
    if abs(value - baseline.median) <= least_deviation(baseline, config, moment):
        return 0.0
    return min(found, rarity_cap(row, pool, value, side, config.direction))


@kernel
def level_score(value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, moment: Moment) -> float:
    """The score of a value by the levels alone."""
    found = evidence(value, baseline, config, moment)
    return admitted(found, value, row, pool, baseline, config, moment)


@kernel
def score(value: float, row: Any, pool: Pool, baseline: Baseline, config: Any, moment: Moment) -> Finding:
    """The score of a value. ``min_deviation`` and the cap by rarity are for the levels only."""
    level = level_score(value, row, pool, baseline, config, moment)
    highest = level
    speaker = LEVELS
    number = 0
    left = config.patterns
    while left > 0:
        if left & 1:
            p = detector_tail(number, value, baseline, config, moment)[1]
            found = score_of(p) - config.correction if p == p else 0.0
            if found > highest:
                highest = found
                speaker = number
        left >>= 1
        number += 1
    return Finding(highest, level, speaker)


@kernel
def common_rank(row: Any, config: Any) -> int:
    """So many past values as far out rule an anomaly out: they cap the score below the sensitivity."""
    return int((row.count + 1.0) * config.common) + 1


@kernel
def seen_before(value: float, row: Any, pool: Pool, config: Any, leaving: int) -> bool:
    """True where rarity alone rules an anomaly out; looks at no more than two values of the window.

    ``leaving`` is the place of a value to leave out of account, or ``window.NOBODY``.
    """
    rank = common_rank(row, config)
    if rank > row.count:
        return False
    if config.direction <= 0 and value < _ranked(row, pool, rank - 1, leaving):
        return False
    return bool(config.direction < 0 or value <= _ranked(row, pool, row.count - rank, leaving))


@kernel
def _ranked(row: Any, pool: Pool, number: int, leaving: int) -> float:
    """A sorted value by its number among those that stay."""
    if leaving != NOBODY and number >= leaving:
        number += 1
    return float(pool.sorted[row.start + number])
