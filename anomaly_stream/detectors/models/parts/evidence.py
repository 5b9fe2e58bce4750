"""Two routes to one measure of evidence, in decades, and its score.

*Surprise* G (``views``): no similar value was seen before.

*Residual* R: far from the forecast, in one value or on average over an hour:

    R = 1.25 + 2 log10 max(|z| (3600/step)^-1.25, |mean of z over the last hour|)

The more values an hour has, the larger is the largest deviate by chance; the exponent corrects for that. The
step is clipped to 1 minute to 1 hour. The mean is exponentially weighted by ``step/3600``, and clips z at 15.

*Evidence*, with c the number of similar past episodes (``suppression``) and n the number of values so far (a
scale from few values may be too small):

    S = max(0, G - 0.9 log10(1 + c_G), R - 0.25 log10(1 + c_R) - log10(1 + 50/n))

*Score*: ``100 - 200 / (3 q + 2)`` with ``q = (S/2.7)^4``, so that 2.7 decades have the score 60. It ranks
evidence and is not ``-10 log10`` of a probability.
"""

from math import log10, sqrt

from anomaly_stream.detectors.models.parts.clock import HOUR_S, usual_step
from anomaly_stream.detectors.models.parts.state import (
    LASTING,
    RESIDUAL_EPISODE,
    RESIDUAL_PEAKS,
    ROWS,
    SURPRISE_EPISODE,
    SURPRISE_PEAKS,
    ModelState,
)
from anomaly_stream.detectors.models.parts.suppression import discounted
from anomaly_stream.detectors.models.parts.views import ALARM, RouteEvidence, magnitude
from anomaly_stream.detectors.models.reasons import DISTANCE, SUSTAINED_OFFSET
from anomaly_stream.kernels.jit import leaf_kernel

_OFFSET, _SLOPE, _MULTIPLICITY = 1.25, 2.0, 2.5
_SURPRISE_SUPPRESSION, _RESIDUAL_SUPPRESSION = 0.9, 0.25
_MOST_Z = 15.0
_FEW = 50.0
NEVER = -100.0
"""A route that is not used has this evidence."""


@leaf_kernel
def score_of(evidence: float) -> float:
    """The score of evidence in decades, 0 to 100."""
    square = (evidence / ALARM) ** 2
    return 100.0 - 200.0 / (3.0 * (square * square) + 2.0)


@leaf_kernel
def evidence_of(score: float) -> float:
    """The evidence with this score."""
    return ALARM * sqrt(sqrt(2.0 * score / (3.0 * (100.0 - score))))


@leaf_kernel
def residual_of(state: ModelState, z: float) -> float:
    """R of a single value."""
    return _OFFSET + _SLOPE * magnitude(z) - _MULTIPLICITY * log10(HOUR_S / usual_step(state))


@leaf_kernel
def lasting_deviate(state: ModelState, z: float) -> float:
    """The mean of deviates over the last hour, including this one."""
    before = float(state.doubles[LASTING])
    return before + usual_step(state) / HOUR_S * (max(-_MOST_Z, min(_MOST_Z, z)) - before)


@leaf_kernel
def residual_route(state: ModelState, z: float) -> RouteEvidence:
    """R and its reason."""
    alone = residual_of(state, z)
    lasting = _OFFSET + _SLOPE * magnitude(lasting_deviate(state, z))
    return RouteEvidence(lasting, SUSTAINED_OFFSET) if lasting > alone else RouteEvidence(alone, DISTANCE)


@leaf_kernel
def surprise_left(state: ModelState, time: float, evidence: float) -> float:
    """G after suppression."""
    return discounted(state, SURPRISE_EPISODE, SURPRISE_PEAKS, time, evidence, _SURPRISE_SUPPRESSION)


@leaf_kernel
def residual_left(state: ModelState, time: float, evidence: float) -> float:
    """R after suppression, less the penalty on a scale from few values."""
    left = discounted(state, RESIDUAL_EPISODE, RESIDUAL_PEAKS, time, evidence, _RESIDUAL_SUPPRESSION)
    return left - log10(1 + _FEW / state.doubles[ROWS])
