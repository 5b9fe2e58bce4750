"""The kernel that judges one value by the model of its config."""

from typing import Any

from anomaly_stream.alerts.decision import (
    Bands,
    confirm_settled,
    decide_anomaly,
    decide_normal,
    ends_long_away,
)
from anomaly_stream.alerts.level import begin_level, follow_level
from anomaly_stream.alerts.lifecycle import CLOSED, WAITING, Anomaly
from anomaly_stream.detectors.models import dispatch
from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.admit import IS_SCORED, TEACHES, take_unscored
from anomaly_stream.engine.scoring.alert_threshold import threshold_of_model
from anomaly_stream.engine.scoring.band import effect, effect_within_band
from anomaly_stream.engine.scoring.counters import SCORED
from anomaly_stream.engine.scoring.known import known_since
from anomaly_stream.engine.scoring.score import least_distance
from anomaly_stream.engine.scoring.verdict_writer import write_band, write_blank
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import UNBOUNDED
from anomaly_stream.model.evaluation import Evaluation


@kernel
def _is_counted(own_state: Floats, found: Evaluation, time: float, value: float, config: Any) -> bool:
    """Whether value and evidence are on a side that the config watches, the value is beyond its
    ``min_deviation``, and it is not only back from the other side."""
    distance = value - found.expected
    if distance * config.direction < 0.0 or found.side * config.direction < 0.0:
        return False
    if abs(distance) <= least_distance(found.expected, config):
        return False
    if config.direction == 0:
        return True
    return not dispatch.is_way_back(config.model, own_state, time, value, found, config.direction)


@kernel
def _write_statistics(
    verdict: Any,
    row: Any,
    config: Any,
    found: Evaluation,
    value: float,
    score: float,
    edges: tuple[float, float],
    nonnegative: bool,
) -> float:
    """Fill band and scores of a verdict; returns the effect that the value has as an anomaly."""
    anomalous = score >= config.sensitivity
    lower = -UNBOUNDED if config.direction > 0 else edges[0]
    upper = UNBOUNDED if config.direction < 0 else edges[1]
    outside = anomalous and (found.reason == 0 or not lower <= value <= upper)
    write_blank(verdict, row)
    write_band(verdict, found.expected, lower, upper, value, outside, nonnegative)
    verdict.score = score
    verdict.alert_score = min(found.alert_score, score)
    verdict.source_detector = config.model
    verdict.reason = found.reason
    verdict.side = found.reason_side
    verdict.detector_statistic[config.model] = found.statistic
    verdict.detector_p[config.model] = found.p if score > 0.0 else 1.0
    if not outside:
        return effect_within_band(score, config.sensitivity)
    return effect(value, found.expected, verdict.upper if value > found.expected else verdict.lower)


@kernel
def judge_by_model(
    row: Any,
    alert: Any,
    config: Any,
    bands: Bands,
    instant: Instant,
    use: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Judge and learn one observation by the model of its config; True if ``verdict`` is filled.

    The score is 0, and p 1, on a side that the config does not watch, and within its ``min_deviation``.
    """
    number = config.model
    value = instant.value
    start = config.detector_at[number]
    own_state = instant.detector_state[start : start + config.detector_words[number]]
    found = dispatch.evaluate(number, own_state, instant.time, value)
    if use == TEACHES or own_state[0] < config.min_observations or found.score != found.score:
        if use != IS_SCORED:
            dispatch.learn(number, own_state, instant.time, value, found, False, False)
        return take_unscored(row, alert, config, instant.time, use, verdict, counts)
    counts[SCORED] += 1
    if alert.phase != CLOSED:
        follow_level(alert, dispatch.level(number, own_state, value, found).value)
    counted = _is_counted(own_state, found, instant.time, value, config)
    score = found.score if counted else 0.0
    anomalous = score >= config.sensitivity
    threshold, is_known = threshold_of_model(own_state, config), False
    filled = anomalous or decide_normal(alert, config, instant.time, score, verdict)
    if filled:
        edges = dispatch.band(number, own_state, instant.time, found, config.sensitivity)
        nonnegative = dispatch.is_nonnegative(number, own_state, value)
        reach = _write_statistics(verdict, row, config, found, value, score, edges, nonnegative)
        verdict.alert_threshold = threshold
        if anomalous:
            deviation = value - found.expected
            anomaly = Anomaly(instant.time, value, deviation, score, verdict.alert_score, threshold)
            verdict.known_since = known_since(row, verdict, value)
            is_known = verdict.known_since == verdict.known_since  # not NaN
            was_closed = alert.phase == CLOSED
            decide_anomaly(alert, config, bands, anomaly, reach, is_known, verdict)
            if was_closed and alert.phase != CLOSED:
                begin_level(alert, dispatch.level(number, own_state, value, found))
        elif ends_long_away(verdict) or not edges[0] <= value <= edges[1]:
            confirm_settled(alert, verdict, dispatch.level(number, own_state, value, found))
    # Nobody is told of an episode that waits, nor of what is known: so it dampens no other
    is_reported = alert.phase != WAITING and not is_known
    alerted = counted and is_reported and found.alert_score >= threshold
    if use != IS_SCORED:
        if config.direction != 0:
            dispatch.remember(number, own_state, instant.time, value, found, config.direction)
        dispatch.learn(number, own_state, instant.time, value, found, counted, alerted)
    return filled
