"""Flat line: the same value repeats for longer than the series' own history makes plausible.

The statistic is the length of the run of equal values, including this one. Its probability is that of a run
this long by the life table of past runs (``runs``). The value itself does not matter: a sensor that freezes
within its normal range is reported, and a series that often repeats its values is not.

Many series rest at one or two values (0 at night, 100 % at a limit) and vary otherwise. So the runs of the
two most repeated values (the *resting values*, found by Misra and Gries's counters, Science of Computer
Programming 2, 1982) have a life table of their own, which is used from its first run on. Long nights at 0 are
normal from the third on, and do not hide a sensor that freezes at 17.3. The run that made a value a resting
value moves to that table with the value's second run.

A flat line is anomalous until it ends. A series that has always been constant is not judged.
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful import runs
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model import reasons
from anomaly_stream.model.baseline import Baseline

_LAST, _LENGTH, _TABLE, _RESTING = range(4)
_PLACES, _FIELDS = 2, 3
_TABLES = _RESTING + _PLACES * _FIELDS
_MOST_REPEATS = 16.0
_HIGHEST_COUNT = 1000.0
LEAST_RUNS = (20.0, 1.0)
"""A run is judged after this many finished runs, by life table."""
WORDS = _TABLES + 2 * runs.WORDS
"""State: last value, length of its run, the run's table, two resting values, each with its count of repeats
and the length of the run that is to move, two life tables."""
NUMBER = 6
DETECTOR = Detector(
    "flat_line",
    NUMBER,
    "The same value for longer than the series' own history makes plausible.",
    kind="pattern",
    words=WORDS,
    sided=False,
    unadjusted=True,
    reasons=(reasons.FLAT_LINE,),
)


@kernel
def _resting_place(state: Floats, value: float) -> int:
    """Index of ``value`` among the resting values; -1 if it is not one."""
    for place in range(_RESTING, _TABLES, _FIELDS):
        if state[place + 1] > 0.0 and state[place] == value:
            return place
    return -1


@kernel
def _learn_repeats(state: Floats, value: float, length: float) -> None:
    """Count a run of at least two, as Misra and Gries: increment the counter of its value, else use a free
    counter, else decrement all."""
    repeats = min(length - 1.0, _MOST_REPEATS)
    known = _resting_place(state, value)
    if known >= 0:
        state[known + 1] = min(_HIGHEST_COUNT, state[known + 1] + repeats)
        if state[known + 2] > 0.0 and state[_TABLE] == 1.0:
            runs.unlearn_run(state, _TABLES, state[known + 2])
            runs.learn_run(state, _TABLES + runs.WORDS, state[known + 2])
            state[known + 2] = 0.0
        return
    for place in range(_RESTING, _TABLES, _FIELDS):
        if state[place + 1] == 0.0:
            state[place] = value
            state[place + 1] = repeats
            state[place + 2] = length
            return
    for place in range(_RESTING, _TABLES, _FIELDS):
        state[place + 1] = max(0.0, state[place + 1] - repeats)


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """Length of the run including this value, and the deviate of its probability, never negative."""
    if state[_LENGTH] == 0.0 or value != state[_LAST]:
        return 1.0, 0.0
    length = min(state[_LENGTH] + 1.0, runs.LONGEST)
    table = int(state[_TABLE])
    chance = runs.log_chance(state, _TABLES + table * runs.WORDS, length, LEAST_RUNS[table])
    return length, deviate_of(chance)


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Lengthen the run, or learn it as finished and start the next."""
    if state[_LENGTH] > 0.0 and value == state[_LAST]:
        state[_LENGTH] = min(state[_LENGTH] + 1.0, runs.LONGEST)
        return
    if state[_LENGTH] > 0.0:
        runs.learn_run(state, _TABLES + int(state[_TABLE]) * runs.WORDS, state[_LENGTH])
        if state[_LENGTH] >= 2.0:
            _learn_repeats(state, state[_LAST], state[_LENGTH])
    state[_LAST] = value
    state[_LENGTH] = 1.0
    state[_TABLE] = 1.0 if _resting_place(state, value) >= 0 else 0.0
