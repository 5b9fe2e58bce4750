"""The layout of the state of ``auto``. Zeros are a fresh state.

The first slots are doubles; the rest is used as float32 or as bytes. A checkpoint saves the pages (64 slots)
that changed. So fields that change with every value are at both ends, and those that change once per hour are
between them. ``residual`` uses the first part only.
"""

from typing import Any, NamedTuple

import numpy as np

from anomaly_stream.kernels.arrays import Bytes, Float32s, Floats
from anomaly_stream.kernels.jit import leaf_kernel

VIEWS = 5
"""A series has this many views (``views``)."""
PAIRS = 128
"""A sketch has this many (value, count) pairs."""
GAP_BINS = 48
HALF_HOURS, DAYS = 48, 4
HOURS, WEEKS = 168, 3
KEPT = 168
"""The thinned windows of values and of residuals have this capacity."""
LATEST = 24
"""The rings of the last values, raw and deseasonalised, have this capacity."""
PEAK_BINS = 64
"""The histogram of peaks of past episodes has this many bins."""
COOLDOWN_BUCKETS = 8

ROWS = 0
"""This slot counts the learned values."""
FIRST_TIME, LAST_TIME, LOG_STEP, STEPS = range(1, 5)
ORIGIN, UNIT, FRACTIONS = range(5, 8)
"""First value; the unit, a power of two, or 0 if not known yet; 1 once some value was not a count."""
HALF_HOUR, HOUR = 8, 11
"""Three slots each: number of the current half hour (hour), sum and count of its values."""
HALF_HOURS_SEEN, HOURS_SEEN = 14, 15
DAY_ERROR, WEEK_ERROR, HOUR_ERROR, WEEK_OVER_LEVEL_ERROR = 16, 19, 22, 25
"""Three slots each: count, mean absolute error of a forecast, mean absolute error of its rival."""
PUSHED, PUSH_TIME = 28, 29
LAST_ALERT, COOLDOWN_AT = 30, 31
SURPRISE_EPISODE, RESIDUAL_EPISODE = 32, 35
"""Three slots each: peak of the current episode (0: none), its time, time when the histogram was last aged.
"""
RUN, RUN_VALUE, LONGEST_RUN, CHANGES = range(38, 42)
SKETCHED, GAPS, PAIR_COUNTS = 42, 43, 44
"""Number of values and of gaps in each sketch; then one byte per view holds the number of its pairs."""
MEAN, SQUARES, MEDIAN = 45, 50, 55
"""Each view has three slots: running mean, sum of squared deviations, median."""
LASTING = 60
"""This slot holds the exponentially weighted mean of the deviates over an hour."""
LOG_SIZE = 61
"""Mean logarithm of the size of values that are not 0."""
SCALARS = 62

# From here on, places are indices into float32, and those of orders into bytes.
COOLDOWN = 2 * SCALARS
RESIDUAL_PEAKS = COOLDOWN + COOLDOWN_BUCKETS
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
"""Bytes: number of values that were not 0, up to 100; kind of forecast that the kept residuals belong to."""

RESIDUAL_SLOTS = (_END_OF_RESIDUAL + 1) // 2
SLOTS = (_END + 1) // 2


class ModelState(NamedTuple):
    """One state as arrays of three types."""

    doubles: Floats
    floats: Float32s
    bytes: Bytes


@leaf_kernel
def views_of(slots: Any) -> ModelState:
    """The three arrays over a state."""
    return ModelState(slots, slots.view(np.float32), slots.view(np.uint8))
