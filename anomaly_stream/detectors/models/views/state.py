"""The layout of the state of ``auto``. Zeros are a fresh state.

The first part holds doubles, the rest float32. A checkpoint saves the pages (64 words) that changed, so the
fields that change with every value come first.
"""

from typing import Any, NamedTuple

import numpy as np

from anomaly_stream.kernels.arrays import Float32s, Floats
from anomaly_stream.kernels.jit import leaf_kernel

VIEWS = 6
"""A series has this many views."""
CHANGE, ERROR, DAY_DISTANCE, RATIO, SPREAD, SHIFT = range(VIEWS)
"""The views by number."""
BINS = 64
"""The histogram of a view has this many bins."""
DAY_HOURS, WEEK_HOURS = 24, 168
WEEKS = 5
"""This many weeks of hourly means are kept."""
SPREAD_OF, SHIFT_OF = 12, 24
"""The spread is that of this many values; the shift is the mean of this many errors."""

ROWS = 0
"""This word counts the learned values."""
LAST_TIME, STEP, UNIT = 1, 2, 3
LAST_VALUE, LAST_ERROR, LAST_STRENGTH = 4, 5, 6
ALERT_TIME, ALERT_STRENGTH = 7, 8
LEVEL, LEVEL_VARIANCE, DAY_LEVEL, DAY_VARIANCE, LIFE_MEAN, LIFE_VARIANCE = range(9, 15)
SIZE, LOWEST, HIGHEST, DEVIATION = range(15, 19)
ERROR_PRODUCT, ERROR_SQUARE = 19, 20
LEVEL_ERROR, LINE_ERROR, DAY_ERROR, WEEK_ERROR = range(21, 25)
"""Mean absolute errors of the forecasts."""
TIME_MEAN, TIME_VARIANCE, TIME_COVARIANCE = range(25, 28)
DAY_KNOWN, WEEK_KNOWN = 28, 29
HOUR_OPEN, HOUR_SUM, HOUR_COUNT = range(30, 33)
RANKED, RUN, LONGEST_RUN, CHANGES = range(33, 37)
REFERENCE, AWAY_DEVIATION, AWAY_SIZE, AWAY_FURTHEST, AWAY_WIDEST, AWAY_REPORTED, AWAY_ALERTED = range(37, 44)
AWAY_OF_DAY, AWAY_OF_DAYS, AWAY_VARIANCE_OF_DAY, AWAY_VARIANCE_OF_DAYS = range(44, 48)
"""The state of ``drift``."""
TAIL_LEVEL, TAIL_EXCESS, TAIL_COUNT = range(48, 51)
"""The state of ``tail``."""
NARROWEST, WIDEST = 51, 52
"""The smallest and the largest spread so far."""
AT_LOWEST, AT_HIGHEST = 53, 54
"""How often the lowest and the highest value came unexpected; a run of them counts once."""
EXCEPTION_SUM, EXCEPTION_COUNT = 55, 56
"""Of the values of the open hour that are known exceptions; the others are in ``HOUR_SUM``."""
USUAL_TIME = 57
"""The time of the last value that was not far from the expected one."""
SECOND_LOWEST, SECOND_HIGHEST = 58, 59
"""The lowest and the highest value so far but one."""
RANGE_LOWEST, RANGE_HIGHEST, RANGE_TIME = 60, 61, 62
"""The state of ``extent``."""
SCALES = 63
"""Usual size of each view; that of the spread is its mean."""
VALUES = SCALES + VIEWS
ERRORS = VALUES + SPREAD_OF
HOUR_SCALES = ERRORS + SHIFT_OF
"""Usual size of the error by hour of the day."""
DAY_MEANS = HOUR_SCALES + DAY_HOURS
DAY_TOTAL = DAY_MEANS + DAY_HOURS
"""The sum of these means."""
WEEK_BASE = DAY_TOTAL + 1
"""The first value; the hourly means of the week are kept as distances from it."""
BEGUN, EXPECTED, SLOPE, USUAL, OF_SEASON = range(5)
"""The fields of what is ``remembered``."""
BACK = WEEK_BASE + 1
"""The state of ``way_back``, which learns only excursions from the side that a config watches."""
INCIDENT = BACK + 5
INCIDENT_DISTANCE, INCIDENT_BACK, INCIDENT_LEVEL = range(INCIDENT + 5, INCIDENT + 8)
"""The state of ``incident``."""
JOBS = 10
"""This many jobs are kept."""
JOB_START, JOB_LENGTH, JOB_LOWEST, JOB_HIGHEST, JOB_RUNS, JOB_DAY = range(6)
"""The fields of a job: its first second of the day and its length in seconds; its range; its runs, and the
day of the last one."""
JOB_FIELDS = 6
JOBS_AT = INCIDENT_LEVEL + 1
KNOWN_LEVELS = 4
"""This many levels of unexpected values are kept."""
KNOWN_LEVEL, KNOWN_TIMES = 0, 1
"""The fields of a level: the mean of its values, and how often the series came there."""
KNOWN_FIELDS = 2
KNOWN_AT = JOBS_AT + JOBS * JOB_FIELDS
_DOUBLES = KNOWN_AT + KNOWN_LEVELS * KNOWN_FIELDS

# From here on, places are indices into float32.
HISTOGRAMS = 2 * _DOUBLES
HOUR_COUNTS = HISTOGRAMS + VIEWS * BINS
DAY_COUNTS = HOUR_COUNTS + DAY_HOURS
WEEK_COUNTS = DAY_COUNTS + DAY_HOURS
WEEK_MEANS = WEEK_COUNTS + WEEK_HOURS
"""``WEEKS`` places for each hour of the week, written in turn."""
_END = WEEK_MEANS + WEEKS * WEEK_HOURS

WORDS = (_END + 1) // 2


class ModelState(NamedTuple):
    """One state as arrays of two types."""

    doubles: Floats
    floats: Float32s


@leaf_kernel
def state_of(words: Any) -> ModelState:
    """Both arrays over a state."""
    return ModelState(words, words.view(np.float32))
