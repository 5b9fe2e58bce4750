"""Hotelling's T2 in the principal subspace, and the Q statistic of the residual outside of it.

A multivariate EWMA chart (Lowry, Woodall, Champ and Rigdon 1992). The deviations d are the fast means of the
members (10 vectors) minus their slow means (300), each in units of its root mean square. Their covariance,
also exponentially weighted, of values clipped at 5, is decomposed after every 64 learned vectors. The
largest eigenvectors v that hold 90% of the variance span the principal subspace:

    T2 = sum (v.d)^2 / lambda         chi-square, as many degrees of freedom (Hotelling 1947)
    Q  = |d - projection of d|^2      g chi-square(h)
    g  = sum lambda^2 / sum lambda    over the other eigenvalues
    h  = (sum lambda)^2 / sum lambda^2              (Box 1954; Jackson and Mudholkar 1979)

Both become normal deviates (Wilson and Hilferty 1931). The statistic is the larger one, less its running
mean, over its running standard deviation if that is above the theoretical 1: drift and heavy tails make both
larger than the theory says. Robust by the same gate as the channels: a vector with a deviate of 3 or more is
not learned; after 600 such vectors in a row the slow means are set to the fast ones.

A vector is judged by the members that have a value: whenever they are others than before, the covariance of
these alone is decomposed. (The usual value in the place of a missing one would be an outlier among related
members.) The fast mean of a missing member is where the others expect it, so that it can come back. After 100
vectors it is forgotten, and like a member that joins it counts once ``warm_up`` of its values are learned.

**Common level.** The statistic is at least what the common deviation of most members gives
(``parts.common_level``). In T2 a move of all members at once is no more than one of a single member.

State and work: ``t2q_layout``.
"""

from math import isnan, sqrt

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts import common_level, subspace
from anomaly_stream.groups.detectors.parts.channels import LIMIT
from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation
from anomaly_stream.groups.detectors.t2q_layout import (
    COUNT,
    DEVIATIONS,
    FAST_MEAN,
    GATED,
    LEVEL,
    MEAN,
    STALE,
    VARIANCE,
    covariance_at,
    covariance_copy,
    decomposition,
    judging_by,
    slow_mean,
)
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons

_UNIT, _INDEX = 1.0, 4.4
_FAST_SPAN, _SLOW_SPAN, _SPREAD_SPAN = 10.0, 300.0, 600.0
_EVERY = 64.0
_GATE = 3.0
_RELEARN_AFTER = 600.0
_FORGOTTEN_AFTER = 100.0
_CLIP = 5.0
"""The covariance learns deviations clipped to this size."""


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """A member's term of the quadratic form T2, and its squared residual in Q, each over its degrees."""
    judging = judging_by(work_at, members)
    deviations = work[work_at + DEVIATIONS :][:members] * work[judging + subspace.JUDGED :][:members]
    vectors = work[subspace.eigenvectors(judging, members) :][: members * members].reshape(members, members)
    values = np.maximum(work[subspace.eigenvalues(judging, members) :][:members], subspace.LEAST)
    kept = max(1, int(work[judging]))
    lengths = vectors @ deviations
    t2 = np.maximum(0.0, deviations * (vectors[:kept].T @ (lengths[:kept] / values[:kept]))) / kept
    rest = vectors[kept:].T @ lengths[kept:]
    parts: Floats = t2 + rest**2 / max(subspace.LEAST, values[kept:].sum())
    return parts


def _expected(state: Floats, at: int, members: int, work: Floats, work_at: int) -> Floats:
    """The slow means."""
    return state[slow_mean(at, members) :][:members]


NUMBER = 2
DETECTOR = GroupDetector(
    "t2q",
    NUMBER,
    "Hotelling's T2, and the Q statistic of the residual outside the principal directions.",
    reason=reasons.UNUSUAL_COMBINATION,
    words=lambda members: decomposition(0, members) + subspace.words(members),
    work_words=lambda members: judging_by(0, members) + subspace.words(members),
    unit=_UNIT,
    index=_INDEX,
    questions=Questions.ONE,
    contributions=_contributions,
    expected=_expected,
)


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """The statistic, at least 0; 0 until ``warm_up`` vectors are learned."""
    members = seen.size
    fast, slow, deviations = at + FAST_MEAN, slow_mean(at, members), work_at + DEVIATIONS
    for member in range(members):
        value = value_of(seen, member)
        square = state[slow + members + member]
        work[deviations + member] = 0.0
        if not isnan(value) and square > 0.0:
            weight = rate(_FAST_SPAN, state[slow + 2 * members + member] + 1.0)
            mean = state[fast + member] + weight * (value - state[fast + member])
            deviation = (mean - state[slow + member]) / sqrt(square)
            work[deviations + member] = min(LIMIT, max(-LIMIT, deviation))
    _choose(state, at, seen, work, work_at)
    work[work_at] = work[work_at + 1] = 0.0
    if state[at + COUNT] < seen.warm_up:
        return 0.0
    judging = judging_by(work_at, members)
    work[work_at] = deviate = subspace.deviate(work, judging, deviations, members)
    work[work_at + 1] = common_level.of_most(work, deviations, work, judging + subspace.JUDGED, members)
    usual = max(0.0, state[at + MEAN])
    common = common_level.statistic(work[work_at + 1], state, at + LEVEL, _UNIT, _INDEX)
    return float(max(common, (deviate - usual) / max(1.0, sqrt(state[at + VARIANCE]))))


@leaf_kernel
def _choose(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Put the decomposition that judges the vector into ``work``: the state's, if it has the same members."""
    members = seen.size
    stored, judging = decomposition(at, members), judging_by(work_at, members)
    room, others = covariance_copy(work_at, members), False
    subspace.copy(state, stored, work, judging, members)
    for member in range(members):
        mark = judging + subspace.JUDGED + member
        learned = state[slow_mean(at, members) + 2 * members + member]
        judged = 0.0 if isnan(value_of(seen, member)) or learned < seen.warm_up else 1.0
        others = others or work[mark] != judged
        work[mark] = judged
    if others:
        subspace.decompose(state, covariance_at(at, members), members, work, room, judging)


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    members, warm = seen.size, state[at + COUNT] >= seen.warm_up
    for member in range(members):
        _follow(state, at, members, member, value_of(seen, member), work, work_at)
    subspace.copy(work, judging_by(work_at, members), state, decomposition(at, members), members)
    if warm:
        common_level.learn(state, at + LEVEL, work[work_at + 1])
        if _is_gated(state, at, members, work[work_at]):
            return
    state[at + GATED] = 0.0
    state[at + COUNT] += 1.0
    if warm:
        past = rate(_SPREAD_SPAN, state[at + COUNT] - seen.warm_up)
        error = work[work_at] - state[at + MEAN]
        state[at + MEAN] += past * error
        state[at + VARIANCE] += past * (error * error - state[at + VARIANCE])
    _learn_members(state, at, seen, work, work_at)


@leaf_kernel
def _is_gated(state: Floats, at: int, members: int, deviate: float) -> bool:
    """Whether the vector is too far to be learned; after ``_RELEARN_AFTER`` of them accept the new level."""
    usual = max(0.0, state[at + MEAN])
    if deviate - usual < _GATE * max(1.0, sqrt(state[at + VARIANCE])):
        return False
    state[at + GATED] += 1.0
    if state[at + GATED] >= _RELEARN_AFTER:
        state[at + GATED] = 0.0
        slow = slow_mean(at, members)
        for member in range(members):
            state[slow + member] = state[at + FAST_MEAN + member]
    return True


@leaf_kernel
def _learn_members(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the members that have a value; after every ``_EVERY`` vectors decompose their covariance."""
    members = seen.size
    learned = slow_mean(at, members) + 2 * members
    for member in range(members):
        if not isnan(value_of(seen, member)):
            state[learned + member] += 1.0
    for member in range(members):
        if not isnan(value_of(seen, member)):
            _learn_member(state, at, seen, member, work, work_at)
    state[at + STALE] -= 1.0
    if state[at + STALE] <= 0.0:
        state[at + STALE] = _EVERY
        room, judging = covariance_copy(work_at, members), judging_by(work_at, members)
        subspace.decompose(state, covariance_at(at, members), members, work, room, judging)
        subspace.copy(work, judging, state, decomposition(at, members), members)


@leaf_kernel
def _follow(
    state: Floats, at: int, members: int, member: int, value: float, work: Floats, work_at: int
) -> None:
    """Update the fast mean of a member; forget a member that is long without a value."""
    fast, slow = at + FAST_MEAN + member, slow_mean(at, members) + member
    covariance = covariance_at(at, members)
    square, learned, absent = slow + members, slow + 2 * members, slow + 3 * members
    if not isnan(value):
        state[absent] = 0.0
        state[fast] += rate(_FAST_SPAN, state[learned] + 1.0) * (value - state[fast])
        return
    state[absent] += 1.0
    if state[absent] >= _FORGOTTEN_AFTER:
        state[square] = state[learned] = 0.0
        for other in range(members):
            state[covariance + members * member + other] = state[covariance + members * other + member] = 0.0
    judging = judging_by(work_at, members)
    likely = subspace.expected(state, covariance, members, member, work, judging, work_at + DEVIATIONS)
    state[fast] = state[slow] + likely * sqrt(state[square])


@leaf_kernel
def _learn_member(state: Floats, at: int, seen: Observation, member: int, work: Floats, work_at: int) -> None:
    """Learn the level of a member that has a value, and its products with the others that have one."""
    members = seen.size
    slow, covariance = slow_mean(at, members) + member, covariance_at(at, members)
    square, counts = slow + members, slow_mean(at, members) + 2 * members
    count = state[counts + member]
    state[slow] += rate(_SLOW_SPAN, count) * (value_of(seen, member) - state[slow])
    residual = state[at + FAST_MEAN + member] - state[slow]
    change = capped(residual * residual, state[square], count) - state[square]
    state[square] += rate(_SPREAD_SPAN, count) * change
    for other in range(members):
        if isnan(value_of(seen, other)):
            continue
        one, two = work[work_at + DEVIATIONS + member], work[work_at + DEVIATIONS + other]
        product = min(_CLIP, max(-_CLIP, one)) * min(_CLIP, max(-_CLIP, two))
        element = covariance + members * member + other
        weight = rate(_SPREAD_SPAN, min(count, state[counts + other]))
        state[element] += weight * (product - state[element])
