"""Missing data: a gap longer than the series' own history makes plausible.

The statistic is the gap that ends with this observation, in usual intervals (``interval``: the median of the
last gaps, which follows a series that changes its rate). A gap of L intervals is a run of L; its probability
is that of a run this long by the life table of past gaps (``runs``). So a series with frequent gaps, random
intervals or a pause every weekend is not reported once that is known, and a perfectly regular series is
reported after a few missed intervals.
"""

from math import ceil

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful import runs
from anomaly_stream.detectors.stateful.interval import WORDS as INTERVAL_WORDS
from anomaly_stream.detectors.stateful.interval import interval, learn_gap
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model import reasons
from anomaly_stream.model.baseline import Baseline

_BEGUN, _LAST, _INTERVAL = 0, 1, 2
_TABLE = _INTERVAL + INTERVAL_WORDS
WORDS = _TABLE + runs.WORDS
"""The state: whether there was an observation, its time, the interval, a life table."""
NUMBER = 7
DETECTOR = Detector(
    "missing_data",
    NUMBER,
    "A gap longer than the series' own history makes plausible; reported when it ends.",
    kind="pattern",
    words=WORDS,
    sided=False,
    reasons=(reasons.MISSING_DATA,),
)
LEAST_GAPS = 20.0
"""A gap is judged after this many gaps."""


@kernel
def _length(gap: float, usual: float) -> float:
    """A gap in whole intervals, rounded: 2 if one observation is missing."""
    return max(1.0, min(float(ceil(gap / usual - 0.5)), runs.LONGEST))


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The gap up to ``time`` in usual intervals, and the deviate of its probability, never negative."""
    usual = interval(state, _INTERVAL)
    if usual == 0.0:
        return np.nan, np.nan
    gap = time - state[_LAST]
    length = _length(gap, usual)
    return gap / usual, deviate_of(runs.log_chance(state, _TABLE, length, LEAST_GAPS))


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Learn the gap that ends now."""
    if state[_BEGUN] != 0.0:
        gap = time - state[_LAST]
        usual = interval(state, _INTERVAL)
        if usual > 0.0:
            runs.learn_run(state, _TABLE, _length(gap, usual))
        learn_gap(state, _INTERVAL, gap)
    state[_BEGUN] = 1.0
    state[_LAST] = time
