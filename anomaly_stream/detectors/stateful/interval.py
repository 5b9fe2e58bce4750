"""The usual interval of a series: the median of its last 11 gaps.

With up to five unusual gaps in a row it stays within the range of the usual ones, and a series that changes
its rate has a new interval after six gaps. ``WORDS`` words: number of gaps, the ring of gaps, and the same
gaps sorted.
"""

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.order import count_below, insert, replace

RING = 11
WORDS = 2 * RING + 1
LEAST_GAPS = 8
"""The interval is known after this many gaps."""


@kernel
def interval(state: Floats, at: int) -> float:
    """The usual interval in seconds; 0 while not known."""
    count = int(min(state[at], RING))
    if count < LEAST_GAPS:
        return 0.0
    return float(state[at + 1 + RING + count // 2])


@kernel
def learn_gap(state: Floats, at: int, gap: float) -> None:
    """Learn a gap in seconds, above 0."""
    place = at + 1 + int(state[at]) % RING
    ordered = at + 1 + RING
    if state[at] < RING:
        insert(state, ordered, int(state[at]), gap)
    else:
        replace(state, ordered, RING, count_below(state, ordered, RING, state[place]), gap)
    state[place] = gap
    state[at] += 1.0
    if state[at] >= 2.0 * RING:
        state[at] -= RING
