"""The memory of ``auto``, by named places; all zeros stand for a series of which nothing was seen.

The first words are doubles, the rest is seen as float32 or as bytes. What changes with every value stands at
both ends and what changes by the hour between them, since memories are saved by pages of 64 words where these
have changed. ``residual`` needs the first part alone.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import leaf_kernel

VIEWS = 5
"""Views of a series: the value, the value less its season, their means, the spread."""
PAIRS = 128
"""(value, count) pairs of a view's sketch."""
GAP_BINS = 48
HALF_HOURS, DAYS = 48, 4
HOURS, WEEKS = 168, 3
KEPT = 168
"""Values and residuals of the thinned windows."""
LATEST = 24
"""Last values, and last values less their season."""
PEAK_BINS = 64
"""Of a histogram of the peaks of past episodes."""
HOLD_BUCKETS = 8

ROWS = 0
"""Values seen."""
FIRST_TIME, LAST_TIME, LOG_STEP, STEPS = range(1, 5)
ORIGIN, UNIT, FRACTIONS = range(5, 8)
"""First value; a power of two, 0 where there is none yet; 1 where some value was no count."""
HALF_HOUR, HOUR = 8, 11
"""Each three words: the slot that is filled, sum and count of its values."""
HALF_HOURS_SEEN, HOURS_SEEN = 14, 15
DAY_ERROR, WEEK_ERROR, HOUR_ERROR, WEEK_OVER_LEVEL_ERROR = 16, 19, 22, 25
"""Each three words: how many, mean absolute error of a forecast, of what it competes with."""
PUSHED, PUSH_TIME = 28, 29
LAST_ALERT, HOLD_AT = 30, 31
SURPRISE_EPISODE, RESIDUAL_EPISODE = 32, 35
"""Each three words: peak of the running episode (0: none runs), its time, when the histogram was aged."""
RUN, RUN_VALUE, LONGEST_RUN, CHANGES = range(38, 42)
SKETCHED, GAPS, PAIR_COUNTS = 42, 43, 44
"""Values and gaps that the sketches count (all the same number); by view a byte, its number of pairs."""
MEAN, SQUARES, MEDIAN = 45, 50, 55
"""By view: running mean, sum of squared deviations, median."""
LASTING = 60
"""Mean of the deviates of the last hour."""
LOG_SIZE = 61
"""Mean logarithm of the sizes of values that are not 0."""
SCALARS = 62

# Places from here on count in float32, those of orders in bytes.
HOLD = 2 * SCALARS
RESIDUAL_PEAKS = HOLD + HOLD_BUCKETS
WEEK_RING = RESIDUAL_PEAKS + PEAK_BINS
VALUES = WEEK_RING + HOURS * WEEKS
VALUE_ORDER = 4 * (VALUES + KEPT)
RESIDUALS = VALUES + KEPT + KEPT // 4
RESIDUAL_ORDER = 4 * (RESIDUALS + KEPT)
_END_OF_RESIDUAL = RESIDUALS + KEPT + KEPT // 4
DAY_RING = _END_OF_RESIDUAL
SURPRISE_PEAKS = DAY_RING + HALF_HOURS * DAYS
SKETCH_VALUES = SURPRISE_PEAKS + PEAK_BINS
SKETCH_COUNTS = SKETCH_VALUES + VIEWS * PAIRS
GAP_COUNTS = SKETCH_COUNTS + VIEWS * PAIRS
LAST_VALUES = GAP_COUNTS + VIEWS * GAP_BINS
_END = LAST_VALUES + 2 * LATEST

SIZES, CHOSEN = 8 * PAIR_COUNTS + 5, 8 * PAIR_COUNTS + 6
"""Bytes: values that were not 0, up to 100; the kind of forecast that the residuals kept are of."""

RESIDUAL_WORDS = (_END_OF_RESIDUAL + 1) // 2
WORDS = (_END + 1) // 2


class Memory(NamedTuple):
    """One memory, seen in three ways."""

    words: NDArray[np.float64]
    floats: NDArray[np.float32]
    bytes: NDArray[np.uint8]


@leaf_kernel
def seen(words: Any) -> Memory:
    """The views of a memory."""
    return Memory(words, words.view(np.float32), words.view(np.uint8))
