"""Tail probabilities, and scores from them."""

from math import erfc, exp, log, log1p, log10, sqrt

from anomaly_stream.kernels.jit import kernel

LEAST_P = 1e-300
"""Smaller probabilities count as this."""
HIGHEST_SCORE = 100.0
LEAST_LOG_P = log(LEAST_P)
_HUGE = 1e100
_HILL_FROM = 3.0
_CENTRE_TOP = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
_CENTRE_BOTTOM = (
    5226.495278852545925,
    28729.085735721942674,
    39307.89580009271061,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
_SHOULDER_TOP = (
    7.7454501427834140764e-4,
    0.0227238449892691845833,
    0.24178072517745061177,
    1.27045825245236838258,
    3.64784832476320460504,
    5.7694972214606914055,
    4.6303378461565452959,
    1.42343711074968357734,
)
_SHOULDER_BOTTOM = (
    1.05075007164441684324e-9,
    5.475938084995344946e-4,
    0.0151986665636164571966,
    0.14810397642748007459,
    0.68976733498510000455,
    1.6763848301838038494,
    2.05319162663775882187,
    1.0,
)
_TAIL_TOP = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    0.0012426609473880784386,
    0.026532189526576123093,
    0.29656057182850489123,
    1.7848265399172913358,
    5.4637849111641143699,
    6.6579046435011037772,
)
_TAIL_BOTTOM = (
    2.04426310338993978564e-15,
    1.4215117583164458887e-7,
    1.8463183175100546818e-5,
    7.868691311456132591e-4,
    0.0148753612908506148525,
    0.13692988092273580531,
    0.59983220655588793769,
    1.0,
)


@kernel
def student_deviate(t: float, freedom: float) -> float:
    """The normal deviate with the same tail probability as ``t`` of Student's distribution.

    Hill's expansion (Algorithm 395, Communications of the ACM 13, 1970, 617) of Wallace's transformation
    (Annals of Mathematical Statistics 30, 1959, 1124). For scores up to 100 its error is below 0.003 with at
    least 10 degrees of freedom, below 0.2 with at least 5, below 2 with at least 3. With fewer than 3,
    Wallace's simple form: its scores are too low by up to 26, and never too high.
    """
    size = min(abs(t), _HUGE)
    growth = log1p(size * size / freedom) if size < 1e8 else 2.0 * log(size) - log(freedom)
    if freedom < _HILL_FROM:
        z = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0) * sqrt(freedom * growth)
        return z if t >= 0.0 else -z
    less = freedom - 0.5
    b = 48.0 * less * less
    y = less * growth
    third = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b)
    z = ((third + y + 3.0) / b + 1.0) * sqrt(y)
    return z if t >= 0.0 else -z


@kernel
def _ratio(x: float, top: tuple[float, ...], bottom: tuple[float, ...]) -> float:
    """The ratio of two polynomials of ``x``, coefficients of the highest power first."""
    above = 0.0
    below = 0.0
    for i in range(len(top)):
        above = above * x + top[i]
        below = below * x + bottom[i]
    return above / below


@kernel
def deviate_of(log_p: float) -> float:
    """The normal deviate, at least 0, with the two-sided tail probability ``exp(log_p)``.

    Wichura's PPND16 (Algorithm AS 241, Applied Statistics 37, 1988, 477), about 16 digits. It takes the
    logarithm, so that products of many probabilities do not underflow. Probabilities below ``LEAST_P`` count
    as ``LEAST_P``.
    """
    if log_p >= 0.0:
        return 0.0
    one_side = max(log_p, LEAST_LOG_P) - log(2.0)
    centred = 0.5 - exp(one_side)
    if centred <= 0.425:
        return centred * _ratio(0.180625 - centred * centred, _CENTRE_TOP, _CENTRE_BOTTOM)
    r = sqrt(-one_side)
    if r <= 5.0:
        return _ratio(r - 1.6, _SHOULDER_TOP, _SHOULDER_BOTTOM)
    return _ratio(r - 5.0, _TAIL_TOP, _TAIL_BOTTOM)


@kernel
def tail(z: float, direction: int, side: int) -> float:
    """Probability of a normal deviate at least as far out as ``z``, which must not be NaN.

    ``direction`` 1 or -1: the upper or the lower tail. 0: both tails, counted outward from the centre on
    ``side`` (1, -1, or 0 at the centre), so that the probability never rises on the way out.
    """
    if direction == 0:
        return max(LEAST_P, erfc(max(0.0, side * z) / sqrt(2.0)))
    return max(LEAST_P, 0.5 * erfc(direction * z / sqrt(2.0)))


@kernel
def score_of(p: float) -> float:
    """``-10 log10(p)``, clipped to 0 to 100."""
    return max(0.0, min(HIGHEST_SCORE, -10.0 * log10(p)))
