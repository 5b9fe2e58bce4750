"""Vectors to verdicts: the detectors of the group score a vector, the alert moves, and the vector is
learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE, RESOLVED, count_anomaly, count_normal
from anomaly_stream.groups.alignment import Vectors
from anomaly_stream.groups.compiled_group import PUBLISH_ALL, PUBLISH_NONE, CompiledGroup
from anomaly_stream.groups.detectors.explain.explanation import Explanation, explain
from anomaly_stream.groups.detectors.instance import DETECTORS, evaluate, learn
from anomaly_stream.groups.instance import Instance
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import Severity, Status, Transition
from anomaly_stream.model.alerts import Episode

_LEARNING, _NORMAL, _ANOMALY = range(3)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict worth publishing."""

    timestamp: float
    """Beginning of the vector's tick, seconds."""
    status: Status
    score: float
    scores: dict[str, tuple[float, float]]
    """By detector: its statistic and its own score; empty while the instance learns."""
    values: list[float | None]
    """By coordinate; None: missing."""
    explanation: Explanation | None
    """None while the instance learns."""
    severity: Severity
    transition: Transition
    alert_severity: Severity
    episode: Episode
    publish: bool


def judge(group: CompiledGroup, instance: Instance, closed: int) -> Iterator[Judgement]:
    """Judge the first ``closed`` vectors of the group's room, and learn them; those worth publishing."""
    i, told = 0, False
    while True:
        i, instance.vectors = judge_vectors(
            group.rules.interval,
            group.record,
            group.mask,
            group.vectors,
            i,
            closed,
            told,
            instance.memory,
            group.work,
            instance.alert,
            instance.vectors,
            group.verdict,
        )
        if i == closed:
            return
        yield _judgement(group, instance, i)
        told = True


def _judgement(group: CompiledGroup, instance: Instance, i: int) -> Judgement:
    vector, present = group.vectors.value[i], group.vectors.present[i]
    record = group.verdict[0]
    status = Status(int(record["status"]))
    scores: NDArray[np.float64] = record["scores"]
    found = None
    if status is not Status.LEARNING:
        found = explain(
            instance.memory,
            group.mask,
            vector,
            present,
            float(group.config.min_observations),
            group.work,
            scores,
        )
    named = group.detectors if found else ()
    return Judgement(
        timestamp=float(group.vectors.tick[i] * group.rules.interval),
        status=status,
        score=float(scores[0]),
        scores={
            name: (float(scores[1 + DETECTORS + number]), float(scores[1 + number])) for name, number in named
        },
        values=[float(value) if there else None for value, there in zip(vector, present, strict=True)],
        explanation=found,
        severity=Severity(int(record["severity"])),
        transition=Transition(int(record["transition"])),
        alert_severity=Severity(int(record["alert_severity"])),
        episode=Episode(
            float(record["start"]),
            float(record["end"]),
            float(record["peak_score"]),
            float(record["peak_value"]),
            int(record["count"]),
        ),
        publish=bool(record["publish"]),
    )


@kernel
def judge_vectors(
    interval: float,
    config: Any,
    mask: int,
    vectors: Vectors,
    begin: int,
    closed: int,
    told: bool,
    memory: NDArray[np.float64],
    work: NDArray[np.float64],
    alerts: Records,
    learned: int,
    verdicts: Records,
) -> tuple[int, int]:
    """Judge vectors from ``begin`` on, and learn them; where it stopped, how many the instance has learned.

    It stops at one that is worth publishing, which is judged and not learned yet: go on from there with
    ``told``.
    """
    warm_up = float(config.min_observations)
    alert, verdict = alerts[0], verdicts[0]
    for i in range(begin, closed):
        vector, present = vectors.value[i], vectors.present[i]
        size = len(vector)
        if not (told and i == begin):
            verdict.scores[0] = evaluate(memory, mask, size, vector, present, warm_up, work, verdict.scores)
            _decide(config, alert, vectors.tick[i] * interval, learned, vectors.learn[i], verdict)
            if verdict.publish or verdict.transition != NONE:
                return i, learned
        learn(memory, mask, size, vector, present, warm_up, work)
        learned += 1
    return closed, learned


@kernel
def _decide(config: Any, alert: Any, time: float, learned: int, teaches: bool, verdict: Any) -> None:
    """From the score to a status, and what it does to the alert."""
    score = verdict.scores[0]
    verdict.transition = NONE
    verdict.severity = 0
    verdict.publish = config.publish == PUBLISH_ALL
    if teaches or learned < config.min_observations:
        verdict.status = _LEARNING
    elif score >= config.sensitivity:
        verdict.status = _ANOMALY
        verdict.severity = 3 if score >= config.severe else 2 if score >= config.moderate else 1
        verdict.publish |= config.publish != PUBLISH_NONE
        verdict.transition = count_anomaly(
            alert,
            time,
            score,
            score,
            score,
            score,
            verdict.severity,
            config.alert_score,
            config.escalate_after,
        )
    else:
        verdict.status = _NORMAL
        verdict.transition = count_normal(alert, config.resolve_after)
    verdict.alert_severity = alert.severity if alert.open or verdict.transition == RESOLVED else 0
    verdict.start = alert.start
    verdict.end = alert.end
    verdict.peak_score = alert.peak_score
    verdict.peak_value = alert.peak_value
    verdict.count = alert.count
