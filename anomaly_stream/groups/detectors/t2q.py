"""Hotelling's T2 in the principal subspace, and the Q statistic of what that subspace leaves over.

The chart is a multivariate EWMA (Lowry, Woodall, Champ and Rigdon 1992): the fast means of the members (over
10 vectors) against their slow ones (over 300), each in its own usual size. Their covariance, an
exponentially weighted mean too, of sizes clipped at 5, is decomposed every 64 vectors that were learned. The
largest directions that hold 90% of the variance span the principal subspace: ``T2 = sum (v.u)**2 / lambda``
(Hotelling 1947); ``Q``, the squared rest, follows ``g chi2(h)`` with ``g = sum lambda**2 / sum lambda`` and
``h = (sum lambda)**2 / sum lambda**2`` over the rest's eigenvalues (Box 1954; Jackson and Mudholkar 1979).
Both become normal deviates (Wilson and Hilferty 1931); the larger one counts, less its own running mean and
over its own running standard deviation where that is above the theory's 1: members that drift and have heavy
tails make both larger than theory says. Robust by the same gate as the channels: a vector that deviates by 3
or more is not learned; after 600 of them in a row the slow means become the fast ones.

A member without a value counts as where it should be, and is not learned.

Memory: vectors learned; gated in a row; vectors until the next decomposition; size of the subspace; mean and
variance of the deviate; then for the members fast mean, slow mean, mean square; covariance; eigenvectors;
eigenvalues. Work, from ``at``: ``u``, a copy of the covariance, and the deviate.
"""

from math import isnan, sqrt

from anomaly_stream.groups.detectors.parts import principal
from anomaly_stream.groups.detectors.parts.arrays import value_of
from anomaly_stream.groups.detectors.parts.channels import LIMIT
from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

_HEAD = 6
_COUNT, _GATED, _STALE, KEPT, _MEAN, _VARIANCE = range(_HEAD)
_FAST_SPAN, _SLOW_SPAN, _SPREAD_SPAN = 10.0, 300.0, 600.0
_EVERY = 64.0
_GATE = 3.0
_RELEARN_AFTER = 600.0
_VARIANCE_KEPT = 0.9
_LEAST = 1e-3
"""Of an eigenvalue, of variances that are 1 each: less is not told from rounding and clipping."""
_CLIP = 5.0
"""Of ``u``, as the covariance learns it."""
UNIT, INDEX = 1.0, 4.4
"""Of the tail of the statistic on quiet groups (``calibration``)."""


@leaf_kernel
def words(members: int) -> int:
    """Of memory."""
    return _HEAD + 4 * members + 2 * members * members


@leaf_kernel
def work_words(members: int) -> int:
    """Of work."""
    return members + members * members + 1


@leaf_kernel
def slow_mean(at: int, members: int) -> int:
    """Where the slow means begin."""
    return at + _HEAD + members


@leaf_kernel
def eigenvectors(at: int, members: int) -> int:
    """Where the eigenvectors begin, one after another; the eigenvalues follow them."""
    return at + _HEAD + 3 * members + members * members


@leaf_kernel
def evaluate(
    memory: Floats,
    at: int,
    members: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    work_at: int,
) -> float:
    """The larger of the two normal deviates, in its own usual size, at least 0; 0 until ``warm_up`` vectors
    are learned.
    """
    fast, slow = at + _HEAD, slow_mean(at, members)
    weight = rate(_FAST_SPAN, memory[at + _COUNT] + 1.0)
    for member in range(members):
        value = value_of(vector, present, member)
        square = memory[slow + members + member]
        work[work_at + member] = 0.0
        if not isnan(value) and square > 0.0:
            mean = memory[fast + member] + weight * (value - memory[fast + member])
            u = (mean - memory[slow + member]) / sqrt(square)
            work[work_at + member] = min(LIMIT, max(-LIMIT, u))
    kept = int(memory[at + KEPT])
    work[work_at + members + members * members] = 0.0
    if memory[at + _COUNT] < warm_up or kept == 0:
        return 0.0
    vectors = eigenvectors(at, members)
    values = vectors + members * members
    t2, q, first, second = 0.0, 0.0, 0.0, 0.0
    for number in range(members):
        value = max(_LEAST, memory[values + number])
        length = projection(memory, vectors + members * number, members, work, work_at)
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
    usual = max(0.0, memory[at + _MEAN])
    return float(max(0.0, (deviate - usual) / max(1.0, sqrt(memory[at + _VARIANCE]))))


@leaf_kernel
def projection(memory: Floats, vector: int, members: int, work: Floats, work_at: int) -> float:
    """Of ``u`` on the eigenvector that begins at ``vector``."""
    length = 0.0
    for member in range(members):
        length += memory[vector + member] * work[work_at + member]
    return length


@leaf_kernel
def chi_square_deviate(value: float, freedom: float) -> float:
    """The normal deviate of a chi-square value (Wilson and Hilferty 1931)."""
    spread = 2.0 / (9.0 * freedom)
    return float(((value / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / sqrt(spread))


@leaf_kernel
def learn(
    memory: Floats,
    at: int,
    members: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    work_at: int,
) -> None:
    """Take in the vector that ``evaluate`` has just seen; ``work`` is as it was left."""
    deviate = work[work_at + members + members * members]
    count = memory[at + _COUNT] + 1.0
    fast, slow = at + _HEAD, slow_mean(at, members)
    for member in range(members):
        value = value_of(vector, present, member)
        if not isnan(value):
            memory[fast + member] += rate(_FAST_SPAN, count) * (value - memory[fast + member])
    usual = max(0.0, memory[at + _MEAN])
    if deviate - usual >= _GATE * max(1.0, sqrt(memory[at + _VARIANCE])) and count > warm_up:
        memory[at + _GATED] += 1.0
        if memory[at + _GATED] >= _RELEARN_AFTER:
            memory[at + _GATED] = 0.0
            for member in range(members):
                memory[slow + member] = memory[fast + member]
        return
    memory[at + _GATED] = 0.0
    memory[at + _COUNT] = count
    weight = rate(_SPREAD_SPAN, count)
    if count > warm_up:
        past = rate(_SPREAD_SPAN, count - warm_up)
        error = deviate - memory[at + _MEAN]
        memory[at + _MEAN] += past * error
        memory[at + _VARIANCE] += past * (error * error - memory[at + _VARIANCE])
    covariance = at + _HEAD + 3 * members
    for member in range(members):
        value = value_of(vector, present, member)
        if isnan(value):
            continue
        place = slow + member
        memory[place] += rate(_SLOW_SPAN, count) * (value - memory[place])
        residual = memory[fast + member] - memory[place]
        square = memory[place + members]
        memory[place + members] += weight * (capped(residual * residual, square, count) - square)
        for other in range(members):
            one, two = work[work_at + member], work[work_at + other]
            product = min(_CLIP, max(-_CLIP, one)) * min(_CLIP, max(-_CLIP, two))
            element = covariance + members * member + other
            memory[element] += weight * (product - memory[element])
    memory[at + _STALE] -= 1.0
    if memory[at + _STALE] <= 0.0:
        memory[at + _STALE] = _EVERY
        _decompose(memory, at, members, work, work_at + members)


@leaf_kernel
def _decompose(memory: Floats, at: int, members: int, work: Floats, copy: int) -> None:
    """Find the principal directions anew, and how many of them hold enough of the variance."""
    covariance = at + _HEAD + 3 * members
    for i in range(members):
        for j in range(members):
            one, other = covariance + members * i + j, covariance + members * j + i
            work[copy + members * i + j] = 0.5 * (memory[one] + memory[other])
    vectors = eigenvectors(at, members)
    values = vectors + members * members
    principal.decompose(work, copy, members, memory, vectors, values)
    total, held, kept = 0.0, 0.0, 0
    for number in range(members):
        total += memory[values + number]
    while kept < members and held < _VARIANCE_KEPT * total:
        held += memory[values + kept]
        kept += 1
    memory[at + KEPT] = kept
