"""Jobs: far values that come again at the same time of the day.

The hour of the clock is too coarse for a job of minutes, and five weeks are too short for one that runs every
two weeks. So a value more than 6 usual errors from the expected one is kept as a *job*, with its time of the
day. A far value belongs to a job if it comes within 10 minutes of its times, when the job is due, and is at
most half as far from the middle of its values as that is from the expected value. It lengthens the job, or
widens its range. What lasts longer than four hours is no job but an incident.

A job is due for four days after its last run, and one and two weeks after it. Once it has run on three days
it is known: when it is due, its range and half of that further on each side is an exception, as that of an
hour of the week (``forecasts``).

There is room for a few jobs. A new one takes the place of the one that has not run for the longest time; a
known one counts as having run two weeks later. A series with less than a value in two hours has no jobs: all
its values come at the same few times of the day.
"""

from math import floor, inf
from typing import NamedTuple

from anomaly_stream.detectors.models.views.clock import DAY_S, HOUR_S, step_of
from anomaly_stream.detectors.models.views.state import (
    JOB_DAY,
    JOB_FIELDS,
    JOB_HIGHEST,
    JOB_LENGTH,
    JOB_LOWEST,
    JOB_RUNS,
    JOB_START,
    JOBS,
    JOBS_AT,
    USUAL_TIME,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

_NEAR_S, _LONGEST_S = 600.0, 4 * HOUR_S
_RUNS_KNOWN = 3.0
_DAYS_DUE, _WEEK_DAYS = 4.0, 7.0
_AGREE, _WIDER = 0.5, 0.5
_LONGEST_STEP_S = 2 * HOUR_S


class Range(NamedTuple):
    """What the known jobs of a time may have, normalised; from ``inf`` to ``-inf`` if there is none."""

    lowest: float
    highest: float


@leaf_kernel
def _since(state: ModelState, at: int, time: float) -> float:
    """Seconds from 10 minutes before the last start of a job."""
    return float((time - state.doubles[at + JOB_START] + _NEAR_S) % DAY_S)


@leaf_kernel
def _day(state: ModelState, at: int, time: float) -> float:
    """The number of the day, from 10 minutes before one start of a job to those before the next."""
    return float(floor((time - state.doubles[at + JOB_START] + _NEAR_S) / DAY_S))


@leaf_kernel
def _is_due(state: ModelState, at: int, time: float) -> bool:
    doubles = state.doubles
    if doubles[at + JOB_RUNS] == 0.0 or _since(state, at, time) > doubles[at + JOB_LENGTH] + 2.0 * _NEAR_S:
        return False
    passed = _day(state, at, time) - doubles[at + JOB_DAY]
    return bool(passed <= _DAYS_DUE or passed == _WEEK_DAYS or passed == 2.0 * _WEEK_DAYS)


@leaf_kernel
def known_jobs(state: ModelState, time: float) -> Range:
    """What jobs that are known may have at this time."""
    doubles = state.doubles
    lowest, highest = inf, -inf
    for job in range(JOBS):
        at = JOBS_AT + job * JOB_FIELDS
        if doubles[at + JOB_RUNS] >= _RUNS_KNOWN and _is_due(state, at, time):
            further = _WIDER * (doubles[at + JOB_HIGHEST] - doubles[at + JOB_LOWEST])
            lowest = min(lowest, float(doubles[at + JOB_LOWEST] - further))
            highest = max(highest, float(doubles[at + JOB_HIGHEST] + further))
    return Range(lowest, highest)


@leaf_kernel
def forget_jobs(state: ModelState) -> None:
    """Keep no job."""
    for job in range(JOBS):
        state.doubles[JOBS_AT + job * JOB_FIELDS + JOB_RUNS] = 0.0


@leaf_kernel
def _job_of(state: ModelState, time: float, x: float, expected: float) -> int:
    """The place of the job that a far value belongs to, or of the one that makes room for it."""
    doubles = state.doubles
    oldest, oldest_day = JOBS_AT, inf
    for job in range(JOBS):
        at = JOBS_AT + job * JOB_FIELDS
        middle = 0.5 * (doubles[at + JOB_LOWEST] + doubles[at + JOB_HIGHEST])
        if _is_due(state, at, time) and abs(x - middle) <= _AGREE * abs(middle - expected):
            return at
        day = doubles[at + JOB_DAY] + (2.0 * _WEEK_DAYS if doubles[at + JOB_RUNS] >= _RUNS_KNOWN else 0.0)
        if doubles[at + JOB_RUNS] == 0.0:
            day = -inf
        if day < oldest_day:
            oldest, oldest_day = at, day
    doubles[oldest + JOB_RUNS] = 0.0
    return oldest


@leaf_kernel
def learn_job(state: ModelState, time: float, x: float, expected: float) -> None:
    """Learn a value that is far from the expected one."""
    doubles = state.doubles
    if step_of(state) >= _LONGEST_STEP_S or time - doubles[USUAL_TIME] > _LONGEST_S:
        return
    at = _job_of(state, time, x, expected)
    if doubles[at + JOB_RUNS] == 0.0:
        doubles[at + JOB_START], doubles[at + JOB_LENGTH] = time % DAY_S, 0.0
        doubles[at + JOB_LOWEST], doubles[at + JOB_HIGHEST] = x, x
        doubles[at + JOB_RUNS], doubles[at + JOB_DAY] = 1.0, _day(state, at, time)
        return
    if _day(state, at, time) != doubles[at + JOB_DAY]:
        doubles[at + JOB_RUNS] += 1.0
    doubles[at + JOB_LOWEST] = min(doubles[at + JOB_LOWEST], x)
    doubles[at + JOB_HIGHEST] = max(doubles[at + JOB_HIGHEST], x)
    after = _since(state, at, time) - _NEAR_S
    if after > doubles[at + JOB_LENGTH]:
        doubles[at + JOB_LENGTH] = min(after, _LONGEST_S)
    elif after < 0.0:
        doubles[at + JOB_START] = (doubles[at + JOB_START] + after) % DAY_S
        doubles[at + JOB_LENGTH] = min(doubles[at + JOB_LENGTH] - after, _LONGEST_S)
    doubles[at + JOB_DAY] = _day(state, at, time)
