"""The kernel that has a model judge a value, and moves its alert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE, count_anomaly, count_normal
from anomaly_stream.detectors import models
from anomaly_stream.engine.band import UNBOUNDED, effect
from anomaly_stream.engine.judge import MINOR, SCORED, learning, own_effect, severity_of
from anomaly_stream.engine.layout import PUBLISH_ALL, PUBLISH_NONE, Bands, Moment
from anomaly_stream.engine.scoring import least_distance
from anomaly_stream.engine.verdicts import (
    STATUS_ANOMALY,
    STATUS_NORMAL,
    write_alert,
    write_band,
    write_frame,
)
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.evaluation import Evaluation


@kernel
def _counts(found: Evaluation, value: float, config: Any) -> bool:
    """Whether the config wants to hear of a value like this one."""
    side = 1 if value > found.expected else -1 if value < found.expected else 0
    if side == -config.direction and side != 0:
        return False
    return bool(abs(value - found.expected) > least_distance(found.expected, config))


@kernel
def _write(verdict: Any, config: Any, found: Evaluation, value: float, score: float, outside: bool) -> None:
    """Band and scores; the statistic is the distance from the expected value, 1 being that of the edge."""
    lower = -UNBOUNDED if config.direction > 0 else found.lower
    upper = UNBOUNDED if config.direction < 0 else found.upper
    write_band(verdict, found.expected, lower, upper, value, outside)
    verdict.score = score
    verdict.alert_score = min(found.alert_score, score)
    verdict.speaker = config.model
    verdict.reason = found.reason
    above = value > found.expected
    reach = effect(value, found.expected, found.upper if above else found.lower)
    verdict.detector_statistic[config.model] = reach if above else -reach
    verdict.detector_p[config.model] = 10.0 ** (-found.score / 10.0)


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
    """Take one observation into a row whose config has a model; True where ``verdict`` is filled."""
    start = config.memory_at[config.model]
    memory = moment.memory[start : start + config.memory_words[config.model]]
    value = moment.value
    found = models.observe(config.model, memory, moment.time, value, learn)
    if learn or found.score != found.score:
        return learning(row, alert, config, learn, verdict, counts)
    counts[SCORED] += 1
    everything = config.publish == PUBLISH_ALL
    score = found.score if _counts(found, value, config) else 0.0
    anomalous = score >= config.sensitivity
    transition = NONE
    if not anomalous:
        transition = count_normal(alert, config.resolve_after)
        if not everything and transition == NONE:
            return False
    outside = anomalous and not found.lower <= value <= found.upper
    write_frame(verdict, row, STATUS_ANOMALY if anomalous else STATUS_NORMAL)
    _write(verdict, config, found, value, score, outside)
    if anomalous:
        reach = abs(verdict.detector_statistic[config.model])
        if not outside:
            reach = own_effect(score, config.sensitivity)
        verdict.severity = severity_of(score, reach, bands)
        counts[MINOR + verdict.severity - 1] += 1
        transition = count_anomaly(
            alert,
            moment.time,
            value,
            abs(value - found.expected),
            score,
            verdict.alert_score,
            verdict.severity,
            config.alert_score,
            bands.escalate_after,
        )
    write_alert(verdict, alert, transition)
    verdict.publish = everything or (anomalous and config.publish != PUBLISH_NONE)
    return True
