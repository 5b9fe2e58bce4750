"""Tail probabilities, and scores from them."""

from math import erfc, log, log1p, log10, sqrt

from anomaly_stream.kernels.jit import kernel

LEAST_P = 1e-300
"""Smaller probabilities are given as this one."""
HIGHEST_SCORE = 100.0
_HUGE = 1e100


@kernel
def student_deviate(t: float, freedom: float) -> float:
    """The normal deviate with the same tail as ``t`` of Student's distribution.

    Wallace's transformation (Annals of Mathematical Statistics 30, 1959, 1124): within 0.2 score units
    of the exact tail (of a score up to 100) from 10 degrees of freedom on.
    """
    size = min(abs(t), _HUGE)
    growth = log1p(size * size / freedom) if size < 1e8 else 2.0 * log(size) - log(freedom)
    z = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0) * sqrt(freedom * growth)
    return z if t >= 0.0 else -z


@kernel
def tail(z: float, direction: int, side: int) -> float:
    """Probability of a normal deviate at least as far out as ``z``.

    ``direction`` 1 or -1: above or below only. 0: on both sides, counted outward from the centre on
    ``side`` (1, -1; 0 is the centre itself), so that the probability never rises on the way out.
    """
    if direction == 0:
        return max(LEAST_P, erfc(max(0.0, side * z) / sqrt(2.0)))
    return max(LEAST_P, 0.5 * erfc(direction * z / sqrt(2.0)))


@kernel
def score_of(p: float) -> float:
    """``-10 log10(p)``, from 0 to 100."""
    return max(0.0, min(HIGHEST_SCORE, -10.0 * log10(p)))
