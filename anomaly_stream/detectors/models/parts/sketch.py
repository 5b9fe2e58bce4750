"""All values that a view has ever had, in 128 pairs; and how surprising a further one is.

*Sketch*: sorted (value, count) pairs. A full one merges the two neighbours that are closest, by their
weighted mean; the lowest and the highest are never merged, so the extremes of a whole life stay. At 2^20
values all counts are halved.

*Surprise* of y before it enters, m the median and s the standard deviation of all n values:

    d   = the smaller |asinh((y-m)/s) - asinh((v-m)/s)| over the known values v around y
    p   = (1 + values at least as far from m) / (n + 1)
    p_d = (1 + past gaps of about d or more) / (gaps + 2), by a histogram of ln d
    g   = log10((d + 0.01)/0.01) - 0.75 log10 p - 0.25 log10 p_d

in decades: how large the gap is, how rare the distance, how rare the gap. The inverse hyperbolic sine is
linear near the median and a logarithm far out (Johnson, Biometrika 36, 1949); both ranks are conformal
p-values (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005) of the nonconformity
measures distance and nearest neighbour.
"""

from math import asinh, log, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.detectors.models.parts.layout import (
    GAP_BINS,
    GAP_COUNTS,
    GAPS,
    MEAN,
    MEDIAN,
    PAIR_COUNTS,
    PAIRS,
    SKETCH_COUNTS,
    SKETCH_VALUES,
    SKETCHED,
    SQUARES,
    Memory,
)
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.memory import move_run

FEWEST = 20
"""Values from which on a view is judged."""
SPREAD_VIEW = 4
"""The view of logarithms, whose standard deviation is never taken as less than a tenth."""
_LEAST_LOG_SD = 0.1
_LEAST_SD = 1e-7
"""Of the median: what float32 can tell."""
_TINY = 1e-30
_FARTHEST = 40.0
_GAP = 0.01
_RARE_DISTANCE, _RARE_GAP = 0.75, 0.25
_LEAST_GAP = 1e-4
_LOG_LEAST_GAP = 9.25
_BINS_AN_E_FOLD = 4.0
_MOST = 2.0**20
_PLACE_BITS = 8


@leaf_kernel
def pairs_of(memory: Memory, view: int) -> int:
    """How many pairs a view has."""
    return int(memory.bytes[8 * PAIR_COUNTS + view])


@leaf_kernel
def _place(memory: Memory, start: int, count: int, y: float) -> int:
    """How many of the sorted values are below ``y``."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if memory.floats[start + middle] < y:
            low = middle + 1
        else:
            high = middle
    return low


@leaf_kernel
def sd_of(memory: Memory, view: int) -> float:
    """Standard deviation of a view that knows a value; never 0."""
    words = memory.words
    least = _LEAST_LOG_SD if view == SPREAD_VIEW else _LEAST_SD * abs(words[MEDIAN + view]) + _TINY
    return max(sqrt(words[SQUARES + view] / words[SKETCHED]), least)


@leaf_kernel
def _gap(memory: Memory, view: int, y: float) -> float:
    """d: the distance of ``y`` to the nearest known value."""
    floats = memory.floats
    count = pairs_of(memory, view)
    start = SKETCH_VALUES + view * PAIRS
    median = memory.words[MEDIAN + view]
    sd = sd_of(memory, view)
    place = _place(memory, start, count, y)
    at = asinh((y - median) / sd)
    found = _FARTHEST
    if place < count:
        found = abs(asinh((floats[start + place] - median) / sd) - at)
    if place > 0:
        found = min(found, abs(at - asinh((floats[start + place - 1] - median) / sd)))
    return found


@leaf_kernel
def _bin(gap: float) -> int:
    """Of the histogram of gaps: four an e-fold from 1e-4 up."""
    return max(0, min(int((log(gap + _LEAST_GAP) + _LOG_LEAST_GAP) * _BINS_AN_E_FOLD), GAP_BINS - 1))


@leaf_kernel
def _as_far(memory: Memory, view: int, y: float) -> float:
    """How many values are at least as far from the median as ``y``."""
    floats = memory.floats
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    median = memory.words[MEDIAN + view]
    reach = abs(y - median)
    found = 0.0
    low = 0
    high = pairs_of(memory, view) - 1
    while low <= high and floats[start + low] <= median - reach:
        found += floats[counts + low]
        low += 1
    while high >= low and floats[start + high] >= median + reach:
        found += floats[counts + high]
        high -= 1
    return found


@leaf_kernel
def surprise(memory: Memory, view: int, y: float) -> float:
    """g of a value of a view, in decades; 0 while too little is known."""
    words = memory.words
    if words[SKETCHED] < FEWEST:
        return 0.0
    rounded = float(np.float32(y))
    gap = _gap(memory, view, rounded)
    as_far = min(1.0, (1 + _as_far(memory, view, rounded)) / (words[SKETCHED] + 1))
    wider = 0.0
    for i in range(_bin(gap), GAP_BINS):
        wider += memory.floats[GAP_COUNTS + view * GAP_BINS + i]
    as_wide = min(1.0, (1 + wider) / (words[GAPS] + 2))
    return log10((gap + _GAP) / _GAP) - _RARE_DISTANCE * log10(as_far) - _RARE_GAP * log10(as_wide)


@leaf_kernel
def _closest(values: NDArray[np.float32]) -> int:
    """Where the smallest step lies from one of a full sketch's values to the next, but the outermost two.

    Distances, none of which is negative, are in order as integers too; so their minimum and its place are
    one minimum of integers, which the processor takes of several at a time.
    """
    least = np.int64(0x7FFFFFFFFFFFFFFF)
    for i in range(1, PAIRS - 2):
        distance = np.float32(values[np.uint64(i + 1)] - values[np.uint64(i)])
        least = min(least, np.int64(distance.view(np.int32)) << _PLACE_BITS | np.int64(i))
    return int(least & ((1 << _PLACE_BITS) - 1))


@leaf_kernel
def _merge_closest(memory: Memory, view: int) -> None:
    """Make one pair of the two closest neighbours of a full sketch."""
    floats = memory.floats
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    at = _closest(floats[start : start + PAIRS])
    count = floats[counts + at] + floats[counts + at + 1]
    floats[start + at] += (floats[start + at + 1] - floats[start + at]) * (floats[counts + at + 1] / count)
    floats[counts + at] = count
    move_run(floats, start + at + 2, start + at + 1, PAIRS - at - 2)
    move_run(floats, counts + at + 2, counts + at + 1, PAIRS - at - 2)


@leaf_kernel
def _insert(memory: Memory, view: int, y: float) -> None:
    """Count a value at its pair, or make it one."""
    floats = memory.floats
    count = pairs_of(memory, view)
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    place = _place(memory, start, count, y)
    if place < count and floats[start + place] == y:
        floats[counts + place] += 1
        return
    if count == PAIRS:
        _merge_closest(memory, view)
        count -= 1
        place = _place(memory, start, count, y)
    move_run(floats, start + place, start + place + 1, count - place)
    move_run(floats, counts + place, counts + place + 1, count - place)
    floats[start + place] = y
    floats[counts + place] = 1
    memory.bytes[8 * PAIR_COUNTS + view] = count + 1


@leaf_kernel
def _follow(memory: Memory, view: int, y: float, total: float) -> None:
    """Mean, squares and median after ``y`` has entered; ``total`` values now."""
    words = memory.words
    distance = y - words[MEAN + view]
    words[MEAN + view] += distance / total
    words[SQUARES + view] += distance * (y - words[MEAN + view])
    if total >= _MOST:
        words[SQUARES + view] *= 0.5
        for i in range(pairs_of(memory, view)):
            memory.floats[SKETCH_COUNTS + view * PAIRS + i] *= 0.5
        for i in range(GAP_BINS):
            memory.floats[GAP_COUNTS + view * GAP_BINS + i] *= 0.5
        total *= 0.5
    half = 0.5 * total
    below = 0.0
    count = pairs_of(memory, view)
    words[MEDIAN + view] = memory.floats[SKETCH_VALUES + view * PAIRS + count - 1]
    for i in range(count):
        below += memory.floats[SKETCH_COUNTS + view * PAIRS + i]
        if below >= half:
            words[MEDIAN + view] = memory.floats[SKETCH_VALUES + view * PAIRS + i]
            break


@leaf_kernel
def enter(memory: Memory, view: int, y: float) -> None:
    """Let a value enter the sketch of a view; ``count`` follows once all views have theirs."""
    rounded = float(np.float32(y))
    if memory.words[SKETCHED] >= FEWEST:
        memory.floats[GAP_COUNTS + view * GAP_BINS + _bin(_gap(memory, view, rounded))] += 1
    _insert(memory, view, rounded)
    _follow(memory, view, rounded, memory.words[SKETCHED] + 1)


@leaf_kernel
def count(memory: Memory) -> None:
    """Count the value that has entered all sketches."""
    words = memory.words
    if words[SKETCHED] >= FEWEST:
        words[GAPS] += 1
    words[SKETCHED] += 1
    if words[SKETCHED] >= _MOST:
        words[SKETCHED] *= 0.5
        words[GAPS] *= 0.5


@leaf_kernel
def extremes(memory: Memory, view: int) -> tuple[float, float]:
    """The lowest and the highest value that a view ever had."""
    start = SKETCH_VALUES + view * PAIRS
    return memory.floats[start], memory.floats[start + pairs_of(memory, view) - 1]
