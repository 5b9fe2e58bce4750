"""The kernels that judge and learn one observation in one row: for rows with detector state, and without.

There are two, because passing the arrays of detector state costs as much time as a typical value needs.
"""

from typing import Any

from anomaly_stream.alerts.decision import Bands, ends_long_away
from anomaly_stream.baselines import counter
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.baselines.season import seasonal_baseline as season
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.engine.plan.dtypes import LINE, Instant
from anomaly_stream.engine.scoring.admit import (
    IS_SCORED,
    hold_adoption,
    in_range,
    is_adopting,
    is_learning,
    release_adoption,
    take_unscored,
)
from anomaly_stream.engine.scoring.clock import CAME_BACK, DROPPED, advance_clock
from anomaly_stream.engine.scoring.counters import NOT_LEARNED, SCORED
from anomaly_stream.engine.scoring.detector_learning import forget_tail, learn_detectors
from anomaly_stream.engine.scoring.model_judge import judge_by_model
from anomaly_stream.engine.scoring.score import is_far_unwatched
from anomaly_stream.engine.scoring.sign import learn_sign
from anomaly_stream.engine.scoring.window_judge import (
    NO_BASELINE,
    decay_streak,
    is_unremarkable,
    judge_by_window,
    unadjusted,
)
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.horizon import horizon
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import NOBODY, bring_to, enter, expire, settle
from anomaly_stream.model.baseline import Baseline


@kernel
def observe_stateless(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    use: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Judge and learn one observation in a row that has only a window; True if ``verdict`` is filled."""
    if advance_clock(row, time, counts) == DROPPED:
        return False
    value = in_range(value)
    leaving = expire(row, pool, _horizon(row, pool, config, time), config.capacity)
    entering = value
    learn_sign(row, use, value, row.mean)
    adoption = hold_adoption(row, use)
    if is_learning(row, config, use):
        written = take_unscored(row, alert, config, time, use, verdict, counts)
    elif is_unremarkable(row, alert, pool, config, value, leaving):
        counts[SCORED] += 1
        decay_streak(row, time)
        written = False
    else:
        instant = Instant(time, value, pool.sorted, 0.0, 1.0, 0.0, 1.0)  # no state: an array of its type
        entering, written, leaving = judge_by_window(
            row, alert, pool, NO_BASELINE, config, bands, instant, value, leaving, verdict, counts
        )
    if written:
        verdict.value = value
    if use == IS_SCORED:
        settle(row, pool, leaving)
        release_adoption(row, use, adoption)
        counts[NOT_LEARNED] += 1
    else:
        enter(row, pool, time, entering, config.capacity, leaving)
    return written


@kernel
def observe_stateful(
    row: Any,
    alert: Any,
    pool: Pool,
    detector_state: Floats,
    config: Any,
    seasons: Seasons,
    bands: Bands,
    time: float,
    value: float,
    use: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Judge and learn one observation in a row with detector state; True if ``verdict`` is filled.

    The state holds the last reading of a counter, then the state of a season and of stateful detectors, or
    that of a model.
    """
    clock = advance_clock(row, time, counts)
    if clock == DROPPED:
        return False
    value = in_range(value)
    start = row.segment * LINE
    row_state = detector_state[start : start + config.state_words]
    if clock == CAME_BACK:
        row_state[:] = 0.0
    adoption = hold_adoption(row, use)
    if use == IS_SCORED:
        counts[NOT_LEARNED] += 1
    written = _observe_reading(
        row, alert, pool, row_state, config, seasons, bands, time, value, use, verdict, counts
    )
    release_adoption(row, use, adoption)
    return written


@kernel
def _observe_reading(
    row: Any,
    alert: Any,
    pool: Pool,
    row_state: Floats,
    config: Any,
    seasons: Seasons,
    bands: Bands,
    time: float,
    value: float,
    use: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Read the value as gauge or counter, and judge and learn it by the model or the window."""
    if config.counter_words > 0:
        reading = row_state[config.counter_at : config.counter_at + config.counter_words]
        rate = counter.rate(reading, time, value)
        counter.learn(reading, time, value)
        if rate != rate:
            verdict.value = value
            return take_unscored(row, alert, config, time, use, verdict, counts)
        value = in_range(rate)
    verdict.value = value
    if config.model >= 0:
        instant = Instant(time, value, row_state, 0.0, 1.0, 0.0, 1.0)
        return judge_by_model(row, alert, config, bands, instant, use, verdict, counts)
    return _observe_window(
        row, alert, pool, row_state, config, seasons, bands, time, value, use, verdict, counts
    )


@kernel
def _observe_window(
    row: Any,
    alert: Any,
    pool: Pool,
    row_state: Floats,
    config: Any,
    seasons: Seasons,
    bands: Bands,
    time: float,
    value: float,
    use: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Adjust the value to its season, judge it by window and detectors, and update all of them with it."""
    profile = row_state[config.season_at : config.season_at + config.season_words]
    found = season.Adjustment(0.0, 1.0, True, True, 1.0, 0.0, 0.0, True, False)
    adjusted = value
    if config.season_words > 0:
        found = season.adjust(profile, seasons, row.config, time, value)
        adjusted = in_range((value - found.offset) / found.factor)
        if not found.judged:
            if use != IS_SCORED:
                season.learn(profile, seasons, row.config, time, value, value, found)
            return take_unscored(row, alert, config, time, use, verdict, counts)
    instant = Instant(time, value, row_state, found.offset, found.factor, found.base, found.spread)
    learn_sign(row, use, value, unadjusted(row.mean, instant))
    settle(row, pool, expire(row, pool, _horizon(row, pool, config, time), config.capacity))
    baseline = _baseline(row, pool, adjusted)
    entering, learned = adjusted, value
    was_adopting = is_adopting(row)
    if is_learning(row, config, use):
        written = take_unscored(row, alert, config, time, use, verdict, counts)
    else:
        entering, written, _ = judge_by_window(
            row, alert, pool, baseline, config, bands, instant, adjusted, NOBODY, verdict, counts
        )
        if entering != adjusted:
            learned = unadjusted(entering, instant)
        elif config.season_words > 0 and is_far_unwatched(adjusted, baseline, config, instant):
            learned = unadjusted(profile[season.ANCHOR], instant)  # as expected: the level stays
    if use == IS_SCORED:
        if written and config.season_words > 0:
            verdict.maturity = season.maturity(profile, seasons, row.config)
        return written
    adopts = config.season_words > 0 and is_adopting(row) and not was_adopting
    if adopts:
        season.adopt(
            profile,
            instant.base + instant.spread * adjusted,
            time,
            seasons.compiled[row.config].level_time_constant,
        )
        entering = profile[season.ANCHOR]  # the new level begins with this value
    if adopts or found.returned:
        learned = unadjusted(profile[season.ANCHOR], instant)  # the level stays
    learn_detectors(config, instant, adjusted, entering, baseline, found.typical)
    if found.typical:
        enter(row, pool, time, entering, config.capacity, NOBODY)
    if config.season_words > 0:
        spread = season.learn(profile, seasons, row.config, time, value, learned, found)
        season.follow_return(profile, found.returned, config.min_observations)
        if written:
            verdict.maturity = season.maturity(profile, seasons, row.config)
        resumes = written and ends_long_away(verdict) and not is_adopting(row)
        if resumes:
            season.resume(profile, alert.level)
        if spread > 0.0 or resumes:
            bring_to(row, pool, profile[season.ANCHOR], spread)
        if spread > 0.0 and config.calibrator >= 0:
            forget_tail(config, row_state)
    return written


@kernel
def _horizon(row: Any, pool: Pool, config: Any, time: float) -> float:
    """The time up to which points leave the window."""
    return horizon(row, pool, time, config.period, config.min_observations)


@kernel
def _baseline(row: Any, pool: Pool, value: float) -> Baseline:
    """The window's baseline. With fewer than two points, its count is 0 and its location is the value."""
    if row.count >= 2:
        return describe(row, pool)
    return Baseline(0.0, value, 1.0, value, 0.0, value, value)
