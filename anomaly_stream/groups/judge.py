"""Judges vectors: detectors score each vector, the decision is made, and the vector is learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomaly_stream.alerts.decision import Bands, decide_anomaly, decide_learning, decide_normal
from anomaly_stream.alerts.lifecycle import Anomaly
from anomaly_stream.groups.buckets import Vectors
from anomaly_stream.groups.compiled_group import CompiledGroup
from anomaly_stream.groups.detectors.explain.explanation import Explanation, explain
from anomaly_stream.groups.detectors.hysteresis import alarm
from anomaly_stream.groups.detectors.instance import DETECTOR_COUNT, evaluate, learn
from anomaly_stream.groups.detectors.instance_layout import InstanceLayout
from anomaly_stream.groups.instance import Instance
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import Severity, Status, Transition
from anomaly_stream.model.alerts import Episode

_NO_EFFECT_BOUND = np.inf
"""A vector has no band and so no effect: its severity follows from the score alone."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict that is published or that causes an alert event."""

    timestamp: float
    """Start of the vector's interval, seconds."""
    vectors_before: int
    """Vectors that the instance learned before it."""
    status: Status
    score: float
    scores: dict[str, tuple[float, float]]
    """By detector, its statistic and its score; empty while the instance is learning."""
    values: list[float | None]
    """By coordinate; None if it is missing."""
    explanation: Explanation | None
    """None while the instance is learning."""
    severity: Severity
    transition: Transition
    alert_severity: Severity
    sequence: int
    """Number of the alert's last event."""
    episode: Episode
    publish: bool


def judge(group: CompiledGroup, instance: Instance, closed: int, anomalies: Integers) -> Iterator[Judgement]:
    """Judge and learn the first ``closed`` vectors in the group's buffer; yield the reported verdicts.

    All anomalies, reported or not, are added to ``anomalies``: their numbers by severity, shape (3,).
    """
    i, already_judged = 0, False
    while True:
        i, instance.vectors = judge_vectors(
            group.rules.interval,
            group.record,
            group.bands,
            group.layout,
            group.vectors,
            i,
            closed,
            already_judged,
            instance.state,
            group.work,
            instance.alert,
            instance.vectors,
            group.verdict,
            anomalies,
        )
        if i == closed:
            return
        yield _judgement(group, instance, i)
        already_judged = True


def _judgement(group: CompiledGroup, instance: Instance, i: int) -> Judgement:
    vector, present = group.vectors.value[i], group.vectors.present[i]
    record = group.verdict[0]
    status = Status(int(record["status"]))
    scores: Floats = record["scores"]
    found = None
    if status is not Status.LEARNING:
        found = explain(instance.state, group.layout, vector, present, group.work, scores)
    named = group.detectors if found else ()
    return Judgement(
        timestamp=float(group.vectors.bucket[i] * group.rules.interval),
        vectors_before=instance.vectors,
        status=status,
        score=float(scores[0]),
        scores={
            name: (float(scores[1 + DETECTOR_COUNT + number]), float(scores[1 + number]))
            for name, number in named
        },
        values=[float(value) if there else None for value, there in zip(vector, present, strict=True)],
        explanation=found,
        severity=Severity(int(record["severity"])),
        transition=Transition(int(record["transition"])),
        alert_severity=Severity(int(record["alert_severity"])),
        sequence=int(record["alert_sequence"]),
        episode=Episode(
            float(record["alert_start"]),
            float(record["alert_end"]),
            float(record["alert_peak_score"]),
            float(record["alert_peak_value"]),
            int(record["alert_count"]),
        ),
        publish=bool(record["publish"]),
    )


@kernel
def judge_vectors(
    interval: float,
    config: Any,
    bands: Bands,
    layout: InstanceLayout,
    vectors: Vectors,
    begin: int,
    closed: int,
    already_judged: bool,
    state: Floats,
    work: Floats,
    alerts: Records,
    learned: int,
    verdicts: Records,
    anomalies: Integers,
) -> tuple[int, int]:
    """Judge and learn vectors from ``begin`` on; returns where it stopped, and how many were ever learned.

    It stops at a vector whose verdict is reported, after judging and before learning it. Continue there with
    ``already_judged``.
    """
    alert, verdict = alerts[0], verdicts[0]
    for i in range(begin, closed):
        vector, present = vectors.value[i], vectors.present[i]
        time = vectors.bucket[i] * interval
        if not (already_judged and i == begin):
            score = evaluate(state, layout, vector, present, time, work, verdict.scores)
            verdict.scores[0] = score
            if vectors.learn[i] or learned < config.min_observations:
                reported = decide_learning(alert, config, time, verdict)
            elif alarm(state, 0, score, config.sensitivity):
                anomaly = Anomaly(time, score, score, score, score, config.alert_score)
                reported = decide_anomaly(alert, config, bands, anomaly, _NO_EFFECT_BOUND, False, verdict)
                anomalies[verdict.severity - 1] += 1
            else:
                reported = decide_normal(alert, config, time, score, verdict)
            if reported:
                return i, learned
        learn(state, layout, vector, present, time, work)
        learned += 1
    return closed, learned
