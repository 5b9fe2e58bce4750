"""A sketch of all past values of a view, and the surprise of a new one.

*Sketch*: 128 sorted (value, count) pairs. A full sketch merges its two closest neighbours into their weighted
mean. The lowest and the highest pair are never merged, so the extremes are kept permanently. At 2^20 values
all counts are halved.

*Surprise* of y before it enters, in decades, with m the median and s the standard deviation of all n values:

    d   = min over the neighbours v of y of |asinh((y-m)/s) - asinh((v-m)/s)|
    p   = (1 + values at least as far from m) / (n + 1)
    p_d = (1 + past gaps of about d or more) / (gaps + 2)     from a histogram of ln d
    g   = log10((d + 0.01)/0.01) - 0.75 log10 p - 0.25 log10 p_d

The three terms are the size of the gap, the rarity of the distance, and the rarity of the gap. The inverse
hyperbolic sine is linear near the median and logarithmic far from it (Johnson, Biometrika 36, 1949). Both
ranks are conformal p-values (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005), with
distance from the median and distance to the nearest neighbour as nonconformity measures.
"""

from math import asinh, log, log10, sqrt

import numpy as np

from anomaly_stream.detectors.models.parts.state import (
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
    ModelState,
)
from anomaly_stream.kernels.arrays import Float32s
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.memory import move_run

FEWEST = 20
"""A view is judged after this many values."""
SPREAD_VIEW = 4
"""The number of the view of log spreads. Its standard deviation counts as at least 0.1."""
_LEAST_LOG_SD = 0.1
_LEAST_SD = 1e-7
"""The resolution of float32, relative to the median."""
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
def pairs_of(state: ModelState, view: int) -> int:
    """Number of pairs in the sketch of a view."""
    return int(state.bytes[8 * PAIR_COUNTS + view])


@leaf_kernel
def _place(state: ModelState, start: int, count: int, y: float) -> int:
    """Number of the sorted values below ``y``."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if state.floats[start + middle] < y:
            low = middle + 1
        else:
            high = middle
    return low


@leaf_kernel
def sd_of(state: ModelState, view: int) -> float:
    """Standard deviation of a view with at least one value; never 0."""
    doubles = state.doubles
    least = _LEAST_LOG_SD if view == SPREAD_VIEW else _LEAST_SD * abs(doubles[MEDIAN + view]) + _TINY
    return max(sqrt(doubles[SQUARES + view] / doubles[SKETCHED]), least)


@leaf_kernel
def _gap(state: ModelState, view: int, y: float) -> float:
    """d: the distance from ``y`` to the nearest known value."""
    floats = state.floats
    count = pairs_of(state, view)
    start = SKETCH_VALUES + view * PAIRS
    median = state.doubles[MEDIAN + view]
    sd = sd_of(state, view)
    place = _place(state, start, count, y)
    at = asinh((y - median) / sd)
    found = _FARTHEST
    if place < count:
        found = abs(asinh((floats[start + place] - median) / sd) - at)
    if place > 0:
        found = min(found, abs(at - asinh((floats[start + place - 1] - median) / sd)))
    return found


@leaf_kernel
def _bin(gap: float) -> int:
    """Bin of a gap: four per e-fold, from 1e-4 up."""
    return max(0, min(int((log(gap + _LEAST_GAP) + _LOG_LEAST_GAP) * _BINS_AN_E_FOLD), GAP_BINS - 1))


@leaf_kernel
def _as_far(state: ModelState, view: int, y: float) -> float:
    """Number of values at least as far from the median as ``y``."""
    floats = state.floats
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    median = state.doubles[MEDIAN + view]
    reach = abs(y - median)
    found = 0.0
    low = 0
    high = pairs_of(state, view) - 1
    while low <= high and floats[start + low] <= median - reach:
        found += floats[counts + low]
        low += 1
    while high >= low and floats[start + high] >= median + reach:
        found += floats[counts + high]
        high -= 1
    return found


@leaf_kernel
def surprise(state: ModelState, view: int, y: float) -> float:
    """g of a value in a view, in decades; 0 while the view has too few values."""
    doubles = state.doubles
    if doubles[SKETCHED] < FEWEST:
        return 0.0
    rounded = float(np.float32(y))
    gap = _gap(state, view, rounded)
    as_far = min(1.0, (1 + _as_far(state, view, rounded)) / (doubles[SKETCHED] + 1))
    wider = 0.0
    for i in range(_bin(gap), GAP_BINS):
        wider += state.floats[GAP_COUNTS + view * GAP_BINS + i]
    as_wide = min(1.0, (1 + wider) / (doubles[GAPS] + 2))
    return log10((gap + _GAP) / _GAP) - _RARE_DISTANCE * log10(as_far) - _RARE_GAP * log10(as_wide)


@leaf_kernel
def _closest(values: Float32s) -> int:
    """Index of the smallest step between neighbours of a full sketch; the outermost two are excluded.

    Floats that are not negative sort like their bits as integers. So distance and index fit into one integer,
    and the minimum over these vectorises.
    """
    least = np.int64(0x7FFFFFFFFFFFFFFF)
    for i in range(1, PAIRS - 2):
        distance = np.float32(values[np.uint64(i + 1)] - values[np.uint64(i)])
        least = min(least, np.int64(distance.view(np.int32)) << _PLACE_BITS | np.int64(i))
    return int(least & ((1 << _PLACE_BITS) - 1))


@leaf_kernel
def _merge_closest(state: ModelState, view: int) -> None:
    """Merge the two closest neighbours of a full sketch into one pair."""
    floats = state.floats
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    at = _closest(floats[start : start + PAIRS])
    count = floats[counts + at] + floats[counts + at + 1]
    floats[start + at] += (floats[start + at + 1] - floats[start + at]) * (floats[counts + at + 1] / count)
    floats[counts + at] = count
    move_run(floats, start + at + 2, start + at + 1, PAIRS - at - 2)
    move_run(floats, counts + at + 2, counts + at + 1, PAIRS - at - 2)


@leaf_kernel
def _insert(state: ModelState, view: int, y: float) -> None:
    """Count a value in its pair, or add a pair for it."""
    floats = state.floats
    count = pairs_of(state, view)
    start = SKETCH_VALUES + view * PAIRS
    counts = SKETCH_COUNTS + view * PAIRS
    place = _place(state, start, count, y)
    if place < count and floats[start + place] == y:
        floats[counts + place] += 1
        return
    if count == PAIRS:
        _merge_closest(state, view)
        count -= 1
        place = _place(state, start, count, y)
    move_run(floats, start + place, start + place + 1, count - place)
    move_run(floats, counts + place, counts + place + 1, count - place)
    floats[start + place] = y
    floats[counts + place] = 1
    state.bytes[8 * PAIR_COUNTS + view] = count + 1


@leaf_kernel
def _follow(state: ModelState, view: int, y: float, total: float) -> None:
    """Update mean, squares and median after ``y`` has entered as value number ``total``."""
    doubles = state.doubles
    distance = y - doubles[MEAN + view]
    doubles[MEAN + view] += distance / total
    doubles[SQUARES + view] += distance * (y - doubles[MEAN + view])
    if total >= _MOST:
        doubles[SQUARES + view] *= 0.5
        for i in range(pairs_of(state, view)):
            state.floats[SKETCH_COUNTS + view * PAIRS + i] *= 0.5
        for i in range(GAP_BINS):
            state.floats[GAP_COUNTS + view * GAP_BINS + i] *= 0.5
        total *= 0.5
    half = 0.5 * total
    below = 0.0
    count = pairs_of(state, view)
    doubles[MEDIAN + view] = state.floats[SKETCH_VALUES + view * PAIRS + count - 1]
    for i in range(count):
        below += state.floats[SKETCH_COUNTS + view * PAIRS + i]
        if below >= half:
            doubles[MEDIAN + view] = state.floats[SKETCH_VALUES + view * PAIRS + i]
            break


@leaf_kernel
def enter(state: ModelState, view: int, y: float) -> None:
    """Add a value to the sketch of a view. Call ``count`` once all views have theirs."""
    rounded = float(np.float32(y))
    if state.doubles[SKETCHED] >= FEWEST:
        state.floats[GAP_COUNTS + view * GAP_BINS + _bin(_gap(state, view, rounded))] += 1
    _insert(state, view, rounded)
    _follow(state, view, rounded, state.doubles[SKETCHED] + 1)


@leaf_kernel
def count(state: ModelState) -> None:
    """Count the value that was added to all sketches."""
    doubles = state.doubles
    if doubles[SKETCHED] >= FEWEST:
        doubles[GAPS] += 1
    doubles[SKETCHED] += 1
    if doubles[SKETCHED] >= _MOST:
        doubles[SKETCHED] *= 0.5
        doubles[GAPS] *= 0.5


@leaf_kernel
def extremes(state: ModelState, view: int) -> tuple[float, float]:
    """The lowest and the highest past value of a view."""
    start = SKETCH_VALUES + view * PAIRS
    return state.floats[start], state.floats[start + pairs_of(state, view) - 1]
