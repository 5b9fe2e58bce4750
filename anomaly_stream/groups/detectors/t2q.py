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

A member without a value counts as being at its slow mean, and is not learned.

State: number of vectors learned; number gated in a row; vectors until the next decomposition; dimension of
the subspace; mean and variance of the deviate; per member fast mean, slow mean, mean square; covariance;
eigenvectors; eigenvalues. Work: the deviations, a copy of the covariance, and the deviate.
"""

from math import isnan, sqrt

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts import principal
from anomaly_stream.groups.detectors.parts.channels import LIMIT
from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons

_HEAD = 6
_COUNT, _GATED, _STALE, KEPT, _MEAN, _VARIANCE = range(_HEAD)
_FAST_SPAN, _SLOW_SPAN, _SPREAD_SPAN = 10.0, 300.0, 600.0
_EVERY = 64.0
_GATE = 3.0
_RELEARN_AFTER = 600.0
_VARIANCE_KEPT = 0.9
_LEAST = 1e-3
"""Eigenvalues (of variances of 1) count as at least this: smaller ones are rounding and clipping."""
_CLIP = 5.0
"""The covariance learns deviations clipped to this size."""


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """A member's term of the quadratic form T2, and its squared residual in Q, each over its degrees."""
    first = eigenvectors(at, members)
    deviations = work[work_at : work_at + members]
    vectors = state[first : first + members * members].reshape(members, members)
    values = np.maximum(state[first + members * members :][:members], _LEAST)
    kept = max(1, int(state[at + KEPT]))
    lengths = vectors @ deviations
    t2 = np.maximum(0.0, deviations * (vectors[:kept].T @ (lengths[:kept] / values[:kept]))) / kept
    rest = vectors[kept:].T @ lengths[kept:]
    parts: Floats = t2 + rest**2 / max(_LEAST, values[kept:].sum())
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
    words=lambda members: _HEAD + 4 * members + 2 * members * members,
    work_words=lambda members: members + members * members + 1,
    unit=1.0,
    index=4.4,
    questions=Questions.ONE,
    contributions=_contributions,
    expected=_expected,
)


@leaf_kernel
def slow_mean(at: int, members: int) -> int:
    """Where the slow means begin. The fast means precede them, the mean squares follow."""
    return at + _HEAD + members


@leaf_kernel
def eigenvectors(at: int, members: int) -> int:
    """Where the eigenvectors begin, one after another; the eigenvalues follow them."""
    return at + _HEAD + 3 * members + members * members


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """The statistic, at least 0; 0 until ``warm_up`` vectors are learned."""
    members = seen.size
    fast, slow = at + _HEAD, slow_mean(at, members)
    weight = rate(_FAST_SPAN, state[at + _COUNT] + 1.0)
    for member in range(members):
        value = value_of(seen, member)
        square = state[slow + members + member]
        work[work_at + member] = 0.0
        if not isnan(value) and square > 0.0:
            mean = state[fast + member] + weight * (value - state[fast + member])
            deviation = (mean - state[slow + member]) / sqrt(square)
            work[work_at + member] = min(LIMIT, max(-LIMIT, deviation))
    kept = int(state[at + KEPT])
    work[work_at + members + members * members] = 0.0
    if state[at + _COUNT] < seen.warm_up or kept == 0:
        return 0.0
    vectors = eigenvectors(at, members)
    values = vectors + members * members
    t2, q, first, second = 0.0, 0.0, 0.0, 0.0
    for number in range(members):
        value = max(_LEAST, state[values + number])
        length = projection(state, vectors + members * number, members, work, work_at)
        if number < kept:
            t2 += length * length / value
        else:
            q += length * length
            first += value
            second += value * value
    deviate = chi_square_deviate(t2, float(kept))
    if kept < members:
        deviate = max(deviate, chi_square_deviate(q * first / second, first * first / second))
    work[work_at + members + members * members] = deviate
    usual = max(0.0, state[at + _MEAN])
    return float(max(0.0, (deviate - usual) / max(1.0, sqrt(state[at + _VARIANCE]))))


@leaf_kernel
def projection(state: Floats, vector: int, members: int, work: Floats, work_at: int) -> float:
    """The projection of the deviations on the eigenvector that begins at ``vector``."""
    length = 0.0
    for member in range(members):
        length += state[vector + member] * work[work_at + member]
    return length


@leaf_kernel
def chi_square_deviate(value: float, freedom: float) -> float:
    """The normal deviate of a chi-square value (Wilson and Hilferty 1931)."""
    spread = 2.0 / (9.0 * freedom)
    return float(((value / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / sqrt(spread))


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    members = seen.size
    deviate = work[work_at + members + members * members]
    count = state[at + _COUNT] + 1.0
    fast, slow = at + _HEAD, slow_mean(at, members)
    for member in range(members):
        value = value_of(seen, member)
        if not isnan(value):
            state[fast + member] += rate(_FAST_SPAN, count) * (value - state[fast + member])
    usual = max(0.0, state[at + _MEAN])
    if deviate - usual >= _GATE * max(1.0, sqrt(state[at + _VARIANCE])) and count > seen.warm_up:
        state[at + _GATED] += 1.0
        if state[at + _GATED] >= _RELEARN_AFTER:
            state[at + _GATED] = 0.0
            for member in range(members):
                state[slow + member] = state[fast + member]
        return
    state[at + _GATED] = 0.0
    state[at + _COUNT] = count
    weight = rate(_SPREAD_SPAN, count)
    if count > seen.warm_up:
        past = rate(_SPREAD_SPAN, count - seen.warm_up)
        error = deviate - state[at + _MEAN]
        state[at + _MEAN] += past * error
        state[at + _VARIANCE] += past * (error * error - state[at + _VARIANCE])
    covariance = at + _HEAD + 3 * members
    for member in range(members):
        value = value_of(seen, member)
        if isnan(value):
            continue
        place = slow + member
        state[place] += rate(_SLOW_SPAN, count) * (value - state[place])
        residual = state[fast + member] - state[place]
        square = state[place + members]
        state[place + members] += weight * (capped(residual * residual, square, count) - square)
        for other in range(members):
            one, two = work[work_at + member], work[work_at + other]
            product = min(_CLIP, max(-_CLIP, one)) * min(_CLIP, max(-_CLIP, two))
            element = covariance + members * member + other
            state[element] += weight * (product - state[element])
    state[at + _STALE] -= 1.0
    if state[at + _STALE] <= 0.0:
        state[at + _STALE] = _EVERY
        _decompose(state, at, members, work, work_at + members)


@leaf_kernel
def _decompose(state: Floats, at: int, members: int, work: Floats, copy: int) -> None:
    """Update the eigenvectors, and the number of them that hold 90% of the variance."""
    covariance = at + _HEAD + 3 * members
    for i in range(members):
        for j in range(members):
            one, other = covariance + members * i + j, covariance + members * j + i
            work[copy + members * i + j] = 0.5 * (state[one] + state[other])
    vectors = eigenvectors(at, members)
    values = vectors + members * members
    principal.decompose(work, copy, members, state, vectors, values)
    total, held, kept = 0.0, 0.0, 0
    for number in range(members):
        total += state[values + number]
    while kept < members and held < _VARIANCE_KEPT * total:
        held += state[values + kept]
        kept += 1
    state[at + KEPT] = kept
