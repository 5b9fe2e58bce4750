"""The interval at which a series usually comes: the median of its last gaps.

A median of 11, so that five gaps in a row may be of any length before it moves, and a series that changes its
rate has a new interval after six. ``WORDS`` words: gaps so far, the ring of gaps, and the same sorted.
"""

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.order import count_below, insert, replace

RING = 11
WORDS = 2 * RING + 1
LEAST_GAPS = 8
"""With fewer gaps no interval is known."""


@kernel
def interval(memory: Floats, at: int) -> float:
    """The usual interval in seconds; 0 while it is not known."""
    count = int(min(memory[at], RING))
    if count < LEAST_GAPS:
        return 0.0
    return float(memory[at + 1 + RING + count // 2])


@kernel
def learn_gap(memory: Floats, at: int, gap: float) -> None:
    """Take in a gap, in seconds, above 0."""
    place = at + 1 + int(memory[at]) % RING
    ordered = at + 1 + RING
    if memory[at] < RING:
        insert(memory, ordered, int(memory[at]), gap)
    else:
        replace(memory, ordered, RING, count_below(memory, ordered, RING, memory[place]), gap)
    memory[place] = gap
    memory[at] += 1.0
    if memory[at] >= 2.0 * RING:
        memory[at] -= RING
