"""When an alarm begins and ends: the score's threshold, with what keeps it from flickering.

On above the threshold, off 12 below it. After a high peak the threshold is at least the peak less 40, and
falls by 0.15 a vector: while what a large disturbance leaves in the means fades, the alarm ends with the
disturbance.

Words of memory: whether the alarm is on, and the peak.
"""

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = 2
_ON, _PEAK = range(WORDS)
SENSITIVITY = 40.0
"""The shipped threshold: once in 10,000 vectors of a quiet group."""
OFF_BELOW = 12.0
PEAK_DROP = 40.0
PEAK_DECAY = 0.15


@leaf_kernel
def alarm(memory: Floats, at: int, score: float, threshold: float) -> bool:
    """Whether the alarm is on after a vector with this score; ``at``: where the words begin."""
    memory[at + _PEAK] = max(score, memory[at + _PEAK] - PEAK_DECAY)
    level = max(threshold, memory[at + _PEAK] - PEAK_DROP)
    on = bool(score >= (level - OFF_BELOW if memory[at + _ON] != 0.0 else level))
    memory[at + _ON] = 1.0 if on else 0.0
    return on
