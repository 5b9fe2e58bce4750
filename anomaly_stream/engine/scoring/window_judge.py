"""The kernel that judges one value by its window and the detectors of its config."""

from typing import Any

from anomaly_stream.alerts.decision import (
    PUBLISH_ALL,
    Bands,
    confirm_settled,
    decide_anomaly,
    decide_normal,
    resolve_adopted,
)
from anomaly_stream.alerts.level import begin_level, follow_level
from anomaly_stream.alerts.lifecycle import CLOSED, FIRING, Anomaly, is_open
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.detectors.stateful.chart import spread
from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.alert_threshold import threshold_of_window
from anomaly_stream.engine.scoring.band import (
    band,
    effect,
    effect_within_band,
    own_side,
)
from anomaly_stream.engine.scoring.counters import SCORED
from anomaly_stream.engine.scoring.known import known_since
from anomaly_stream.engine.scoring.score import WindowScore, score, seen_before
from anomaly_stream.engine.scoring.sign import is_nonnegative
from anomaly_stream.engine.scoring.verdict_writer import write_band, write_blank, write_evidence
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import LARGEST, UNBOUNDED
from anomaly_stream.kernels.window import NOBODY, draw, settle
from anomaly_stream.model.baseline import Baseline
from anomaly_stream.model.level import Level

_NORMALS_PER_ANOMALY = 16
"""On average, this many normal values cancel one anomaly of the streak."""

_SETTLED = 0.1
"""A level has settled if the last distance from the expected value differs from their mean by at most this
share of it. In a steady drift it is twice the mean, and in a steady return less than the mean."""

NO_BASELINE = Baseline(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""A placeholder for callers without a baseline."""


@kernel
def decay_streak(row: Any, time: float) -> None:
    """Count a normal value against the anomaly streak: one in ``_NORMALS_PER_ANOMALY`` reduces it by one.

    A hash of its time selects which one, so that anomalies at regular intervals add up as well.
    """
    if row.anomaly_streak > 0 and draw(time, _NORMALS_PER_ANOMALY) == 0:
        row.anomaly_streak -= 1
        if row.anomaly_streak == 0:
            row.streak_distance = 0.0


@kernel
def _adopts(row: Any, config: Any, transition: int, distance: float) -> bool:
    """Count an anomaly towards a lasting change; True if the new level is adopted.

    Then the next values enter the window unscored, until it has as many as a new row needs. A level that
    still moves, as in a leak or on the way back, is not adopted: its alert lasts.
    """
    row.anomaly_streak += 1
    if row.anomaly_streak > 0:
        row.streak_distance += (distance - row.streak_distance) / row.anomaly_streak
    if transition == FIRING or row.anomaly_streak < config.relearn_after:
        return False
    if abs(distance - row.streak_distance) > _SETTLED * row.streak_distance:
        return False
    row.anomaly_streak = 0
    row.streak_distance = 0.0
    row.adoption_left = config.min_observations
    return True


@kernel
def unadjusted(value: float, instant: Instant) -> float:
    """A seasonally adjusted value in the metric's own units."""
    if abs(value) == UNBOUNDED:
        return value
    return max(-LARGEST, min(LARGEST, value * instant.factor + instant.offset))


@kernel
def level_of(value: float, baseline: Baseline, config: Any, instant: Instant) -> Level:
    """The level at an adjusted value: without its season, by the window."""
    usual = instant.base + instant.spread * baseline.median
    noise = instant.spread * spread(baseline)
    return Level(instant.base + instant.spread * value, usual, noise, config.season_words > 0)


@kernel
def is_unremarkable(row: Any, alert: Any, pool: Pool, config: Any, value: float, leaving: int) -> bool:
    """Whether a value is too common to be an anomaly, and no verdict on it would be reported.

    This holds for most values, and costs two comparisons. It is valid only for rows without detector state.
    """
    return bool(
        config.publish != PUBLISH_ALL
        and alert.phase == CLOSED
        and seen_before(value, row, pool, config, leaving)
    )


@kernel
def _needs_score(alert: Any, config: Any) -> bool:
    """Whether it takes the score of a value to tell that it is normal: see ``AlertRules.hysteresis``."""
    return bool(is_open(alert) and config.resolve_below < config.sensitivity)


@kernel
def _take_anomaly(
    row: Any,
    alert: Any,
    baseline: Baseline,
    config: Any,
    bands: Bands,
    instant: Instant,
    value: float,
    found: WindowScore,
    edges: tuple[float, float],
    verdict: Any,
) -> float:
    """Decide on an anomaly; returns the value that enters the window: clipped to the band unless adopted."""
    lower, upper = edges
    is_far = found.distance >= config.sensitivity
    if is_far:
        reach = effect(value, baseline.median, upper if value > baseline.median else lower)
    else:
        reach = effect_within_band(found.score, config.sensitivity)
    deviation = instant.value - unadjusted(baseline.median, instant)
    anomaly = Anomaly(
        instant.time, instant.value, deviation, found.score, found.score, verdict.alert_threshold
    )
    verdict.known_since = known_since(row, verdict, instant.value)
    is_known = verdict.known_since == verdict.known_since  # not NaN
    was_closed = alert.phase == CLOSED
    decide_anomaly(alert, config, bands, anomaly, reach, is_known, verdict)
    if was_closed and alert.phase != CLOSED:
        begin_level(alert, level_of(value, baseline, config, instant))
    if is_far and _adopts(row, config, verdict.transition, abs(value - baseline.median)):
        resolve_adopted(alert, instant.time, verdict)
        return value
    return max(lower, min(upper, value))


@kernel
def judge_by_window(
    row: Any,
    alert: Any,
    pool: Pool,
    baseline: Baseline,
    config: Any,
    bands: Bands,
    instant: Instant,
    value: float,
    leaving: int,
    verdict: Any,
    counts: Integers,
) -> tuple[float, bool, int]:
    """Judge a seasonally adjusted value by its window without the value at place ``leaving``.

    ``baseline`` is that of the window if the row has detector state; otherwise it is computed here if needed.
    Returns the value that enters the window, whether ``verdict`` is filled, and the place still leaving.
    """
    counts[SCORED] += 1
    if alert.phase != CLOSED:
        follow_level(alert, instant.base + instant.spread * value)
    is_common = (
        config.publish != PUBLISH_ALL
        and config.state_words == 0
        and not _needs_score(alert, config)
        and seen_before(value, row, pool, config, leaving)
    )
    if is_common:
        decay_streak(row, instant.time)
        if not decide_normal(alert, config, instant.time, 0.0, verdict):
            return value, False, leaving
    settle(row, pool, leaving)
    if config.state_words == 0:
        baseline = describe(row, pool)
    found = score(value, row, pool, baseline, config, instant)
    anomalous = not is_common and found.score >= config.sensitivity
    if not is_common and not anomalous:
        decay_streak(row, instant.time)
        if not decide_normal(alert, config, instant.time, found.score, verdict):
            return value, False, NOBODY
    edges = _write_statistics(row, pool, baseline, config, instant, value, found, anomalous, verdict)
    entering = value
    if anomalous:
        entering = _take_anomaly(row, alert, baseline, config, bands, instant, value, found, edges, verdict)
    confirm_settled(alert, verdict, level_of(value, baseline, config, instant))
    return entering, True, NOBODY


@kernel
def _write_statistics(
    row: Any,
    pool: Pool,
    baseline: Baseline,
    config: Any,
    instant: Instant,
    value: float,
    found: WindowScore,
    anomalous: bool,
    verdict: Any,
) -> tuple[float, float]:
    """Fill band and evidence of a verdict; returns the band of adjusted values."""
    outside = anomalous and found.distance >= config.sensitivity
    lower, upper = band(row, pool, baseline, config, instant)
    edges = own_side(lower, upper, baseline.median, value, outside)
    write_blank(verdict, row)
    write_band(
        verdict,
        unadjusted(baseline.median, instant),
        unadjusted(edges[0], instant),
        unadjusted(edges[1], instant),
        instant.value,
        outside,
        is_nonnegative(row, config, instant.value, unadjusted(row.mean, instant)),
    )
    write_evidence(verdict, value, found, baseline, config, instant)
    verdict.alert_threshold = threshold_of_window(row, pool, config)
    return edges
