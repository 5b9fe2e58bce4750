"""How far an instance's own scores of a detector lie above those of a quiet group.

By its calibration (``parts.calibration``) a detector reaches a score of 20 once in 100 vectors. In some
groups it does so far more often: relations there come and go, and only a higher score means something. The
own level is the score that one vector in 100 of this instance exceeds. It rises by 0.1 with each score beyond
it and falls by 0.1/99 with each other one (Robbins and Monro 1951). Of scores beyond it in a row only the
first count, so that an outage does not become usual. Scores are reduced by what the level exceeds 20, and
never raised.

State: the level, less 20, and the number of scores beyond it in a row. Zeros are a fresh instance.
"""

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = 2
_LEVEL, _RUN = range(WORDS)
_USUAL = 20.0
"""By the calibration, one vector in 100 has a higher score."""
_RISE = 0.1
_FALL = _RISE / 99.0


@leaf_kernel
def reduction(state: Floats, at: int) -> float:
    """What is subtracted from a score; the state begins at ``at``."""
    return max(0.0, float(state[at + _LEVEL]))


@leaf_kernel
def learn(state: Floats, at: int, score: float, most: float) -> None:
    """Learn a score before its reduction; of scores beyond the level in a row, ``most`` count."""
    if score <= _USUAL + state[at + _LEVEL]:
        state[at + _RUN] = 0.0
        state[at + _LEVEL] -= _FALL
        return
    state[at + _RUN] += 1.0
    if state[at + _RUN] <= most:
        state[at + _LEVEL] += _RISE
