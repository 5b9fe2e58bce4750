"""Joint auto: every member is judged by the model ``auto``, and the members' anomalies add up.

So a group knows the hours and weekdays of each member. With s the strength of a member's evidence
(``detectors.models.views.strength``), the statistic is

    S = sum max(0, s - 0.35)    over the members

0.35 is the strength of an anomaly by default. One member needs strong evidence, and several need little each
to reach the same S. A member whose evidence was reported before adds nothing until it gets stronger, as in
alerts of ``auto`` itself. A group knows no jobs of minutes (``detectors.models.views.jobs``): what members do
together counts even if they did it at this time of other days.

A member without a value, or with fewer than ``warm_up`` of them, does not count. State: one of ``auto`` for
each member. Work: per member its part of S, and its expected value.
"""

from math import isnan

import numpy as np

from anomaly_stream.detectors.models import auto
from anomaly_stream.detectors.models.views.strength import ALERT, ANOMALY
from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons
from anomaly_stream.model.evaluation import Evaluation


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """The members' parts of S."""
    return work[work_at : work_at + members]


def _expected(state: Floats, at: int, members: int, work: Floats, work_at: int) -> Floats:
    """What ``auto`` expects of each member."""
    return work[work_at + members : work_at + 2 * members]


NUMBER = 4
DETECTOR = GroupDetector(
    "joint_auto",
    NUMBER,
    "Members that are unusual at this hour and weekday: each judged by auto, and their evidence added.",
    reason=reasons.MEMBERS_UNUSUAL,
    words=lambda members: auto.WORDS * members,
    work_words=lambda members: 2 * members,
    unit=0.14,
    index=4.0,
    questions=Questions.ONE,
    contributions=_contributions,
    expected=_expected,
)


@leaf_kernel
def _part(found: Evaluation) -> float:
    """What a member adds to S; 0 if its evidence was reported before, or cannot be judged yet.

    A drift lasts for days in one member after the other, so it says nothing of a moment: it adds nothing.
    """
    if found.alert_score > 0.0 and not found.carried.drifting:
        return float(max(0.0, found.carried.confirmed - ANOMALY))
    return 0.0


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """S of a vector."""
    total = 0.0
    for member in range(seen.size):
        own = state[at + auto.WORDS * member : at + auto.WORDS * (member + 1)]
        value = value_of(seen, member)
        work[work_at + member] = 0.0
        work[work_at + seen.size + member] = np.nan
        if isnan(value):
            continue
        found = auto.evaluate(own, seen.time, value)
        work[work_at + seen.size + member] = found.expected
        if own[0] >= seen.warm_up:
            work[work_at + member] = _part(found)
            total += work[work_at + member]
    return total


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    for member in range(seen.size):
        own = state[at + auto.WORDS * member : at + auto.WORDS * (member + 1)]
        value = value_of(seen, member)
        if isnan(value):
            continue
        found = auto.evaluate(own, seen.time, value)
        judged = own[0] >= seen.warm_up
        auto.learn(own, seen.time, value, found, judged, judged and _part(found) >= ALERT - ANOMALY)
        auto.forget_jobs(own)
