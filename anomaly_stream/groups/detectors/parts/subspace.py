"""The principal subspace of the members that have a value, and how far a vector lies in it and outside of it.

A decomposition holds the dimension of the subspace; for each member whether it is judged; the eigenvectors of
the covariance of the judged members, one after another; their eigenvalues. The other members come last: each
is an eigenvector of its own, with an eigenvalue of -1.
"""

from math import sqrt

from anomaly_stream.groups.detectors.parts import principal
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

JUDGED = 1
"""The members' marks begin here in a decomposition. The dimension of its subspace precedes them."""
LEAST = 1e-3
"""Eigenvalues (of variances of 1) count as at least this: smaller ones are rounding and clipping."""
_VARIANCE_KEPT = 0.9


@leaf_kernel
def words(members: int) -> int:
    """Length of a decomposition."""
    return JUDGED + 2 * members + members * members


@leaf_kernel
def eigenvectors(at: int, members: int) -> int:
    """Where the eigenvectors begin; the eigenvalues follow them."""
    return at + JUDGED + members


@leaf_kernel
def eigenvalues(at: int, members: int) -> int:
    """Where the eigenvalues begin."""
    return at + JUDGED + members + members * members


@leaf_kernel
def copy(source: Floats, source_at: int, target: Floats, target_at: int, members: int) -> None:
    """Copy a decomposition."""
    for place in range(words(members)):
        target[target_at + place] = source[source_at + place]


@leaf_kernel
def decompose(state: Floats, covariance: int, members: int, work: Floats, room: int, at: int) -> None:
    """Complete the decomposition that begins at ``work[at]``, whose members are marked.

    The covariance begins at ``state[covariance]``; there is room for a copy at ``work[room]``.
    """
    for i in range(members):
        for j in range(members):
            one, other = state[covariance + members * i + j], state[covariance + members * j + i]
            both = work[at + JUDGED + i] * work[at + JUDGED + j]
            work[room + members * i + j] = 0.5 * (one + other) * both
        if work[at + JUDGED + i] == 0.0:
            work[room + members * i + i] = -1.0
    values = eigenvalues(at, members)
    principal.decompose(work, room, members, work, eigenvectors(at, members), values)
    total, held, kept = 0.0, 0.0, 0
    for number in range(members):
        total += max(0.0, work[values + number])
    while kept < members and held < _VARIANCE_KEPT * total:
        held += work[values + kept]
        kept += 1
    work[at] = kept


@leaf_kernel
def deviate(work: Floats, at: int, deviations: int, members: int) -> float:
    """The larger normal deviate of T2 and Q, by the decomposition at ``work[at]``; 0 without one."""
    kept, judged = int(work[at]), 0
    for member in range(members):
        judged += int(work[at + JUDGED + member])
    if kept == 0:
        return 0.0
    vectors, values = eigenvectors(at, members), eigenvalues(at, members)
    t2, q, first, second = 0.0, 0.0, 0.0, 0.0
    for number in range(judged):
        value = max(LEAST, work[values + number])
        length = 0.0
        for member in range(members):
            length += work[vectors + members * number + member] * work[deviations + member]
        if number < kept:
            t2 += length * length / value
        else:
            q += length * length
            first += value
            second += value * value
    found = chi_square_deviate(t2, float(kept))
    if kept < judged:
        found = max(found, chi_square_deviate(q * first / second, first * first / second))
    return found


@leaf_kernel
def expected(
    state: Floats, covariance: int, members: int, member: int, work: Floats, at: int, deviations: int
) -> float:
    """The deviation of a member without a value that those of the others make likely.

    It is the regression on the principal components of the others (Hotelling 1957).
    """
    vectors, values = eigenvectors(at, members), eigenvalues(at, members)
    found = 0.0
    for number in range(int(work[at])):
        length, shared = 0.0, 0.0
        for other in range(members):
            element = work[vectors + members * number + other]
            length += element * work[deviations + other]
            shared += element * state[covariance + members * member + other]
        found += shared * length / max(LEAST, work[values + number])
    return found


@leaf_kernel
def chi_square_deviate(value: float, freedom: float) -> float:
    """The normal deviate of a chi-square value (Wilson and Hilferty 1931)."""
    spread = 2.0 / (9.0 * freedom)
    return float(((value / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / sqrt(spread))
