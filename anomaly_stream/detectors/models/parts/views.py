"""Five views of a series, each with a sketch, and the surprise of the most surprising one.

The views: the value; the value less its season; the mean of the last 24 of either; the logarithm of the
spread of the last 12. In decades:

    G = max(value + cut(|z|/3) - 0.25 (where there is a season), less season + cut(|z|/3),
            mean + cut(|mean - m|/s) - 0.75, spread - 0.75) - looks

*cut(x)* = 3 log10 x, 0 at most and -3 at least: what was never seen, and is near what is expected, is not
far out. z is the deviate of ``baseline``; m and s are mean and standard deviation of the values whose last 24
are looked at.

*looks* = 0.35 |log10(step / 300 s)|, and log10(60 s / step) where a minute has several values (Bonferroni);
the step taken as 10 seconds to 1 hour. The more values an hour has, the rarer some of them are by chance; of
slow series less is known.

*Run*: a value that repeats for the n-th time, once the series has changed 20 times and is 8 n rows old,
counts at least 2.7 + 2 log10(n / (2 longest + 6)), longest being the longest run before.
"""

from math import log, log10, sqrt
from typing import NamedTuple

from anomaly_stream.detectors.models.parts.clock import HOUR_S, step_of
from anomaly_stream.detectors.models.parts.layout import (
    CHANGES,
    LAST_VALUES,
    LATEST,
    LONGEST_RUN,
    MEAN,
    ROWS,
    RUN,
    RUN_VALUE,
    SKETCHED,
    SQUARES,
    Memory,
)
from anomaly_stream.detectors.models.parts.sketch import FEWEST, SPREAD_VIEW, count, enter, sd_of, surprise
from anomaly_stream.detectors.models.parts.slots import NO_SEASON, WEEKLY
from anomaly_stream.kernels.jit import leaf_kernel

FAR, VALUE, SEASON, LEVEL, SPREAD, STILL, OFF = range(7)
"""Reasons. ``FAR`` and ``OFF`` are the residual's: the distance from the expected value says it all, or the
last hour lay off on one side."""
ALARM = 2.7
"""Decades from which on an alert opens by default."""
VALUE_VIEW, SEASON_VIEW, MEAN_VIEW, SEASON_MEAN_VIEW = range(4)
_SPREAD_OF = 12
_OF_LIFE = 0.1
_TINY = 1e-30
_NEAR, _NEAR_MEAN = 3.0, 1.0
"""The deviate from which on nothing is cut, of a value and of a mean."""
_CUT, _MOST_CUT = 3.0, 1.0
"""The exponent of the cut; and its most, in decades of the deviate."""
_LEAST_Z = 0.1
_RAW, _OTHER = 0.25, 0.75
_LOOKS, _USUAL_STEP_S, _FAST_STEP_S, _LEAST_STEP_S = 0.35, 300.0, 60.0, 10.0
_CHANGES_KNOWN, _ROWS_A_RUN = 20, 8
_RUN_FACTOR, _RUN_EXTRA, _RUN_SLOPE = 2, 6, 2.0


class Finding(NamedTuple):
    """What a route finds."""

    decades: float
    reason: int


@leaf_kernel
def magnitude(z: float) -> float:
    """log10 of a deviate's size; -1 at least."""
    return log10(max(abs(z), _LEAST_Z))


@leaf_kernel
def _cut(z: float, near: float) -> float:
    return _CUT * max(-_MOST_CUT, min(0.0, magnitude(z) - log10(near)))


@leaf_kernel
def cut_of(z: float) -> float:
    """What views of single values lose near the expected one; 0 or less."""
    return _cut(z, _NEAR)


@leaf_kernel
def looks_of(memory: Memory) -> float:
    """What all views lose for a step that is not the usual one."""
    step = min(max(step_of(memory), _LEAST_STEP_S), HOUR_S)
    return _LOOKS * abs(log10(step / _USUAL_STEP_S)) + max(0.0, log10(_FAST_STEP_S / step))


@leaf_kernel
def raw_loss(season: int) -> float:
    """What the view of values loses beside one less the season."""
    return 0.0 if season == NO_SEASON else _RAW


@leaf_kernel
def _mean_with(memory: Memory, which: int, u: float) -> float:
    """Mean of the last 24, ``u`` among them; of the values (0), or of those less their season (1)."""
    rows = int(memory.words[ROWS])
    before = int(min(memory.words[ROWS], LATEST - 1))
    total = u
    for j in range(before):
        total += memory.floats[LAST_VALUES + which * LATEST + (rows - 1 - j) % LATEST]
    return total / (before + 1)


@leaf_kernel
def _log_spread_with(memory: Memory, u: float) -> float:
    """ln(sd of the last 12 + 0.1 sd of the whole life), ``u`` among the 12."""
    rows = int(memory.words[ROWS])
    before = int(min(memory.words[ROWS], _SPREAD_OF - 1))
    mean = u
    for j in range(before):
        mean += memory.floats[LAST_VALUES + (rows - 1 - j) % LATEST]
    mean /= before + 1
    squares = (u - mean) ** 2
    for j in range(before):
        squares += (memory.floats[LAST_VALUES + (rows - 1 - j) % LATEST] - mean) ** 2
    known = memory.words[SKETCHED]
    life = sqrt(memory.words[SQUARES] / known) if known > 0 else 0.0
    return log(sqrt(squares / (before + 1)) + _OF_LIFE * life + _TINY)


@leaf_kernel
def _level(memory: Memory, mean_view: int, view: int, mean: float) -> float:
    """Decades of a mean of the last ones of a view."""
    if memory.words[SKETCHED] < FEWEST:
        return -_OTHER
    deviate = (mean - memory.words[MEAN + view]) / sd_of(memory, view)
    return surprise(memory, mean_view, mean) + _cut(deviate, _NEAR_MEAN) - _OTHER


@leaf_kernel
def look(memory: Memory, value: float, u: float, z: float, season: int, day: float, week: float) -> Finding:
    """G and its reason; ``value`` as it came, ``u`` and the forecasts as they are inside."""
    cut = cut_of(z)
    reason = VALUE
    found = surprise(memory, VALUE_VIEW, u) + cut
    if season == NO_SEASON:
        mean = _level(memory, MEAN_VIEW, VALUE_VIEW, _mean_with(memory, 0, u))
    else:
        y = u - (week if season == WEEKLY else day)
        found -= raw_loss(season)
        seasonal = surprise(memory, SEASON_VIEW, y) + cut
        mean = _level(memory, SEASON_MEAN_VIEW, SEASON_VIEW, _mean_with(memory, 1, y))
        if seasonal > found:
            found = seasonal
            reason = SEASON
    if mean > found:
        found = mean
        reason = LEVEL
    spread = surprise(memory, SPREAD_VIEW, _log_spread_with(memory, u)) - _OTHER
    if spread > found:
        found = spread
        reason = SPREAD
    found -= looks_of(memory)
    still = _stillness(memory, value)
    if still > found:
        found = still
        reason = STILL
    return Finding(found, reason)


@leaf_kernel
def _stillness(memory: Memory, value: float) -> float:
    """Decades of a value that repeats; a hundred below nothing where it does not."""
    words = memory.words
    run = words[RUN] + 1
    if value != words[RUN_VALUE] or words[CHANGES] < _CHANGES_KNOWN or words[ROWS] < _ROWS_A_RUN * run:
        return -100.0
    return ALARM + _RUN_SLOPE * log10(run / (_RUN_FACTOR * words[LONGEST_RUN] + _RUN_EXTRA))


@leaf_kernel
def learn_views(memory: Memory, value: float, u: float, seasonal: float) -> None:
    """Let all views learn a value; ``seasonal`` is the forecast of its season, NaN where there is none."""
    words = memory.words
    y = u - seasonal if seasonal == seasonal else u - words[MEAN]
    spread = _log_spread_with(memory, u)
    mean = _mean_with(memory, 0, u)
    seasonal_mean = _mean_with(memory, 1, y)
    enter(memory, VALUE_VIEW, u)
    enter(memory, SEASON_VIEW, y)
    enter(memory, MEAN_VIEW, mean)
    enter(memory, SEASON_MEAN_VIEW, seasonal_mean)
    enter(memory, SPREAD_VIEW, spread)
    count(memory)
    if value == words[RUN_VALUE]:
        words[RUN] += 1
    else:
        words[LONGEST_RUN] = max(words[LONGEST_RUN], words[RUN])
        words[RUN] = 1
        words[RUN_VALUE] = value
        words[CHANGES] += 1
    at = int(words[ROWS]) % LATEST
    memory.floats[LAST_VALUES + at] = u
    memory.floats[LAST_VALUES + LATEST + at] = y
