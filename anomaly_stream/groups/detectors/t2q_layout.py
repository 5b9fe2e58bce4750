"""Where the parts of the state and of the work of ``t2q`` are.

State: number of vectors learned; number gated in a row; vectors until the next decomposition; mean and
variance of the deviate; that of the common level; per member fast mean, slow mean, mean square, number of
values learned, number of vectors without it in a row; covariance; decomposition (``parts.subspace``). Work:
the deviate, the common deviation, the deviations, a copy of the covariance, and the decomposition that judges
the vector.
"""

from anomaly_stream.groups.detectors.parts import common_level
from anomaly_stream.kernels.jit import leaf_kernel

COUNT, GATED, STALE, MEAN, VARIANCE, LEVEL = range(6)
FAST_MEAN = LEVEL + common_level.WORDS
"""The fast means begin here in the state."""
DEVIATIONS = 2
"""The deviations begin here in ``work``. The deviate and the common deviation precede them."""


@leaf_kernel
def slow_mean(at: int, members: int) -> int:
    """Where the slow means begin. The fast means precede them; the mean squares, numbers of values and of
    vectors without one follow.
    """
    return at + FAST_MEAN + members


@leaf_kernel
def covariance_at(at: int, members: int) -> int:
    """Where the covariance begins, row by row."""
    return at + FAST_MEAN + 5 * members


@leaf_kernel
def decomposition(at: int, members: int) -> int:
    """Where the decomposition begins in the state."""
    return covariance_at(at, members) + members * members


@leaf_kernel
def covariance_copy(work_at: int, members: int) -> int:
    """Where the room for a copy of the covariance begins in ``work``."""
    return work_at + DEVIATIONS + members


@leaf_kernel
def judging_by(work_at: int, members: int) -> int:
    """Where the decomposition that judges the vector begins in ``work``."""
    return covariance_copy(work_at, members) + members * members
