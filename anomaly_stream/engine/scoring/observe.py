"""The kernel that takes an observation into a row with a memory: its season, its detectors, or its model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import counter, season
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.detectors.stateful import dispatch
from anomaly_stream.engine.plan.dtypes import LINE, Bands, Moment
from anomaly_stream.engine.scoring.model_judge import judge_by_model
from anomaly_stream.engine.scoring.window_judge import (
    ADOPTING,
    in_range,
    is_adopting,
    is_next,
    judge,
    learning,
    restored,
)
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import NOBODY, bring_to, enter, expire, settle
from anomaly_stream.model.baseline import Baseline


@kernel
def _known_baseline(row: Any, pool: Pool, value: float) -> Baseline:
    """The window's baseline; one of count 0 at the value where the window has too few points for one."""
    if row.count >= 2:
        return describe(row, pool)
    return Baseline(0.0, value, 1.0, value, 0.0, value, value)


@kernel
def _teach(config: Any, moment: Moment, value: float, entering: float, baseline: Baseline) -> None:
    """Let detectors learn a value, adjusted to the season, and what of it enters the window."""
    number = 0
    left = config.stateful
    while left > 0:
        if left & 1:
            start = config.detector_at[number]
            memory = moment.detector_state[start : start + config.detector_words[number]]
            if (config.unadjusted >> number) & 1:
                dispatch.learn(number, memory, moment.time, moment.value, moment.value, baseline)
            else:
                dispatch.learn(number, memory, moment.time, value, entering, baseline)
        left >>= 1
        number += 1


@kernel
def observe_with_memory(
    row: Any,
    alert: Any,
    pool: Pool,
    memories: Floats,
    config: Any,
    seasons: Seasons,
    bands: Bands,
    time: float,
    value: float,
    learn: bool,
    verdict: Any,
    counts: NDArray[np.int64],
) -> bool:
    """Take one observation into one row with a memory; True where ``verdict`` is filled."""
    if not is_next(row, time, counts):
        return False
    value = in_range(value)
    start = row.slot * LINE
    memory = memories[start : start + config.state_words]
    if config.counter_words > 0:
        reading = memory[config.counter_at : config.counter_at + config.counter_words]
        risen = counter.rate(reading, time, value)
        counter.learn(reading, time, value)
        if risen != risen:
            verdict.value = value
            return learning(row, alert, config, learn, verdict, counts)
        value = in_range(risen)
    verdict.value = value
    if config.model >= 0:
        moment = Moment(time, value, memory, 0.0, 1.0)
        return judge_by_model(row, alert, config, bands, moment, learn, verdict, counts)
    profile = memory[config.season_at : config.season_at + config.season_words]
    found = season.Adjustment(0.0, 1.0, True, True)
    adjusted = value
    if config.season_words > 0:
        found = season.adjust(profile, seasons, row.config, time)
        adjusted = in_range((value - found.offset) / found.factor)
        if not found.judged:
            season.learn(profile, seasons, row.config, time, value, value, found)
            return learning(row, alert, config, learn, verdict, counts)
    moment = Moment(time, value, memory, found.offset, found.factor)
    settle(row, pool, expire(row, pool, time - config.period, config.capacity))
    baseline = _known_baseline(row, pool, adjusted)
    entering = adjusted
    if learn or is_adopting(row) or row.count < config.min_observations:
        written = learning(row, alert, config, learn, verdict, counts)
    else:
        entering, written, _ = judge(
            row, alert, pool, baseline, config, bands, moment, adjusted, verdict, counts, NOBODY
        )
    _teach(config, moment, adjusted, entering, baseline)
    taught = value if entering == adjusted else restored(entering, moment)
    if config.season_words > 0 and row.run == ADOPTING + config.min_observations:
        season.adopt(profile)
        entering = profile[season.ANCHOR]  # what the value is by the level that begins with it
    enter(row, pool, time, entering, config.capacity, NOBODY)
    if config.season_words > 0:
        spread = season.learn(profile, seasons, row.config, time, value, taught, found)
        if written:
            verdict.maturity = season.maturity(profile, seasons, row.config)
        if spread > 0.0:
            bring_to(row, pool, profile[season.ANCHOR], spread)
    return written
