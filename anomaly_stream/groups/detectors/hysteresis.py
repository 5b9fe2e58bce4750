"""A threshold with hysteresis decides when an alarm starts and ends, so that it does not flicker.

The alarm starts at ``score >= threshold`` and ends below ``threshold - 12``. After a high peak the threshold
is at least ``peak - 40``, with a peak that falls by 0.15 per vector. So the alarm ends with the disturbance,
although the moving averages contain it for longer.

State: whether the alarm is on, and the peak.
"""

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = 2
_ON, _PEAK = range(WORDS)
OFF_BELOW = 12.0
PEAK_DROP = 40.0
PEAK_DECAY = 0.15


@leaf_kernel
def alarm(state: Floats, at: int, score: float, threshold: float) -> bool:
    """Whether the alarm is on after a vector with this score; the state begins at ``at``."""
    state[at + _PEAK] = max(score, state[at + _PEAK] - PEAK_DECAY)
    level = max(threshold, state[at + _PEAK] - PEAK_DROP)
    on = bool(score >= (level - OFF_BELOW if state[at + _ON] != 0.0 else level))
    state[at + _ON] = 1.0 if on else 0.0
    return on
