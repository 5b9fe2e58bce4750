"""Flat line: the same value again and again, longer than the series' own history makes plausible.

The statistic is the number of equal values in a row, this one included. Its probability is that of a run this
long by the life table of the runs the series has had (``runs``). Nothing is assumed of the value: a
sensor that freezes within its normal range is found, and a series that often repeats itself is left alone.

Many series rest at one or two values (0 at night, 100 % at a limit) and move everywhere else. So runs at
the two values that repeat most (found by Misra and Gries's counters, Science of Computer Programming 2,
1982) have a table of their own, which is believed from its first run on: long nights at 0 are known by the
third, and do not hide a sensor that freezes at 17.3. The run that made a value known as one of them moves
over to their table with its second.

A freeze goes on being anomalous until it ends. A series that has not moved at all yet is not judged.
"""

from anomaly_stream.detectors.stateful import runs
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model.baseline import Baseline

_LAST, _LENGTH, _TABLE, _RESTING = range(4)
_PLACES, _FIELDS = 2, 3
_TABLES = _RESTING + _PLACES * _FIELDS
_MOST_REPEATS = 16.0
_HIGHEST_COUNT = 1000.0
LEAST_RUNS = (20.0, 1.0)
"""With fewer finished runs in a table nothing is said; by table."""
WORDS = _TABLES + 2 * runs.WORDS
"""Words of memory: last value, length of its run, the run's table, two resting values, each with its
count of repeats and the length of the run that is to move, two life tables."""


@kernel
def _resting_place(memory: Floats, value: float) -> int:
    """Where ``value`` is held as one at which the series rests; -1: nowhere."""
    for place in range(_RESTING, _TABLES, _FIELDS):
        if memory[place + 1] > 0.0 and memory[place] == value:
            return place
    return -1


@kernel
def _learn_repeats(memory: Floats, value: float, length: float) -> None:
    """Count a run of at least two: its value's counter up, or one that is free, or all others down."""
    repeats = min(length - 1.0, _MOST_REPEATS)
    known = _resting_place(memory, value)
    if known >= 0:
        memory[known + 1] = min(_HIGHEST_COUNT, memory[known + 1] + repeats)
        if memory[known + 2] > 0.0 and memory[_TABLE] == 1.0:
            runs.unlearn_run(memory, _TABLES, memory[known + 2])
            runs.learn_run(memory, _TABLES + runs.WORDS, memory[known + 2])
            memory[known + 2] = 0.0
        return
    for place in range(_RESTING, _TABLES, _FIELDS):
        if memory[place + 1] == 0.0:
            memory[place] = value
            memory[place + 1] = repeats
            memory[place + 2] = length
            return
    for place in range(_RESTING, _TABLES, _FIELDS):
        memory[place + 1] = max(0.0, memory[place + 1] - repeats)


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """Equal values in a row with this one, and the deviate of their probability; it is never negative."""
    if memory[_LENGTH] == 0.0 or value != memory[_LAST]:
        return 1.0, 0.0
    length = min(memory[_LENGTH] + 1.0, runs.LONGEST)
    table = int(memory[_TABLE])
    chance = runs.log_chance(memory, _TABLES + table * runs.WORDS, length, LEAST_RUNS[table])
    return length, deviate_of(chance)


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Lengthen the run, or count it as finished and begin the next."""
    if memory[_LENGTH] > 0.0 and value == memory[_LAST]:
        memory[_LENGTH] = min(memory[_LENGTH] + 1.0, runs.LONGEST)
        return
    if memory[_LENGTH] > 0.0:
        runs.learn_run(memory, _TABLES + int(memory[_TABLE]) * runs.WORDS, memory[_LENGTH])
        if memory[_LENGTH] >= 2.0:
            _learn_repeats(memory, memory[_LAST], memory[_LENGTH])
    memory[_LAST] = value
    memory[_LENGTH] = 1.0
    memory[_TABLE] = 1.0 if _resting_place(memory, value) >= 0 else 0.0
