"""The kernel that has a model judge a value, and moves its alert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE, count_anomaly, count_normal
from anomaly_stream.detectors.models import dispatch
from anomaly_stream.engine.plan.dtypes import PUBLISH_ALL, PUBLISH_NONE, Bands, Moment
from anomaly_stream.engine.scoring.band import UNBOUNDED, effect
from anomaly_stream.engine.scoring.score import least_distance
from anomaly_stream.engine.scoring.verdicts import (
    STATUS_ANOMALY,
    STATUS_NORMAL,
    write_alert,
    write_band,
    write_frame,
)
from anomaly_stream.engine.scoring.window_judge import MINOR, SCORED, learning, own_effect, severity_of
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.evaluation import Evaluation

Edges = tuple[float, float]


@kernel
def _counts(found: Evaluation, value: float, config: Any) -> bool:
    """Whether the config wants to hear of a value like this one."""
    side = 1 if value > found.expected else -1 if value < found.expected else 0
    if side == -config.direction and side != 0:
        return False
    return bool(abs(value - found.expected) > least_distance(found.expected, config))


@kernel
def _write(
    verdict: Any, config: Any, found: Evaluation, value: float, score: float, anomalous: bool, edges: Edges
) -> float:
    """Band and scores; returns by how much the value exceeds what makes an anomaly."""
    lower = -UNBOUNDED if config.direction > 0 else edges[0]
    upper = UNBOUNDED if config.direction < 0 else edges[1]
    outside = anomalous and (found.reason == 0 or not lower <= value <= upper)
    write_band(verdict, found.expected, lower, upper, value, outside)
    verdict.score = score
    verdict.alert_score = min(found.alert_score, score)
    verdict.speaker = config.model
    verdict.reason = found.reason
    verdict.detector_statistic[config.model] = found.statistic
    if not outside:
        return own_effect(score, config.sensitivity)
    return effect(value, found.expected, verdict.upper if value > found.expected else verdict.lower)


@kernel
def _verdict(
    row: Any,
    alert: Any,
    config: Any,
    bands: Bands,
    moment: Moment,
    found: Evaluation,
    score: float,
    edges: Edges,
    transition: int,
    verdict: Any,
    counts: NDArray[np.int64],
) -> None:
    """Fill in a verdict; ``transition`` is that of the alert where the value is no anomaly."""
    anomalous = score >= config.sensitivity
    write_frame(verdict, row, STATUS_ANOMALY if anomalous else STATUS_NORMAL)
    reach = _write(verdict, config, found, moment.value, score, anomalous, edges)
    if anomalous:
        verdict.severity = severity_of(score, reach, bands)
        counts[MINOR + verdict.severity - 1] += 1
        transition = count_anomaly(
            alert,
            moment.time,
            moment.value,
            abs(moment.value - found.expected),
            score,
            verdict.alert_score,
            verdict.severity,
            config.alert_score,
            bands.escalate_after,
        )
    write_alert(verdict, alert, transition)
    verdict.publish = config.publish == PUBLISH_ALL or (anomalous and config.publish != PUBLISH_NONE)


@kernel
def judge_by_model(
    row: Any,
    alert: Any,
    config: Any,
    bands: Bands,
    moment: Moment,
    learn: bool,
    verdict: Any,
    counts: NDArray[np.int64],
) -> bool:
    """Take one observation into a row whose config has a model; True where ``verdict`` is filled.

    What the config does not want to hear of (a side, a small deviation) scores 0.
    """
    number = config.model
    start = config.detector_at[number]
    memory = moment.detector_state[start : start + config.detector_words[number]]
    found = dispatch.evaluate(number, memory, moment.time, moment.value)
    if learn or memory[0] < config.min_observations or found.score != found.score:
        dispatch.learn(number, memory, moment.time, moment.value, found, False, False)
        return learning(row, alert, config, learn, verdict, counts)
    counts[SCORED] += 1
    counted = _counts(found, moment.value, config)
    score = found.score if counted else 0.0
    anomalous = score >= config.sensitivity
    transition = NONE if anomalous else count_normal(alert, config.resolve_after)
    heard = anomalous or config.publish == PUBLISH_ALL or transition != NONE
    if heard:
        edges = dispatch.band(number, memory, moment.time, found, config.sensitivity)
        _verdict(row, alert, config, bands, moment, found, score, edges, transition, verdict, counts)
    alerted = counted and found.alert_score >= config.alert_score
    dispatch.learn(number, memory, moment.time, moment.value, found, counted, alerted)
    return heard
