"""Kernels that decide whether the time of an observation is the next of its row.

Time rises within a row, and by usual steps. A time that is far ahead of the row's cadence, or that falls into
the gap which the row's clock once jumped over, is a *candidate*: it is dropped, and does not move the clock.
The clock follows the candidates once enough of them agree, that is, rise by usual steps one after the other.
They vote: one that agrees adds ``FOR``, one that is before the last takes ``AGAINST`` away, and at 0 the
count starts again from it. So values in a wrong order agree, and a wild time among them is outvoted. All of
it is a function of the row's own observations in their order.
"""

from typing import Any

import numpy as np

from anomaly_stream.engine.bank.cadence import AGREEING, FAR
from anomaly_stream.engine.scoring.counters import (
    AHEAD,
    CURRENT,
    DUPLICATE,
    FIRST_AHEAD,
    FIRST_DUPLICATE,
    FIRST_LATE,
    LATE,
)
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import clear

SETTLED = 10_000
"""A jump that this many values agreed with is no longer in question. From then on a record of the row does
not carry the clock, a late value cannot move it, and the series ages others again."""
GROWTH = 2.0
"""The usual step grows at most by this factor with each value, so that one long step within reach does not
let a wild time pass."""
FADE = 1.0 - 1.0 / 1024.0
"""The usual step is the longest of late, and fades by this factor with each value: a series that became
faster gets a shorter reach, and a gap that comes once in some hundred values stays known."""
KNOWN_GAP = 2.0
"""After a gap that the clock followed, a gap up to this many times as long passes at once, because gaps such
as nights and weekends come again."""

FOR, AGAINST = 2, 1
"""The votes of a candidate. Of values in a wrong order at least one in two rises, and they must agree."""

DROPPED, NEXT, CAME_BACK = range(3)
"""What ``advance_clock`` returns. After ``CAME_BACK``, the window is empty."""


@kernel
def advance_clock(row: Any, time: float, counts: Integers) -> int:
    """Move the row's clock to ``time``, or count the observation as dropped."""
    found = NEXT
    step = time - row.last_time
    if step > 0.0 and step <= FAR * row.step:
        row.step = max(min(step, GROWTH * row.step), FADE * row.step)
    else:
        found = _unusual(row, time, step, counts)
        if found == DROPPED:
            return found
    row.last_time = time
    row.votes = 0
    row.candidate = 0.0
    if row.clock_start > -np.inf:
        row.agreed += 1
        if row.agreed >= SETTLED:
            row.agreed = 0
            row.clock_before = row.clock_start = -np.inf
    return found


@kernel
def _unusual(row: Any, time: float, step: float, counts: Integers) -> int:
    """The first times of a row, and all that are not within its cadence."""
    if step == 0.0:
        return _dropped(counts, DUPLICATE, FIRST_DUPLICATE)
    if row.step == 0.0 and step > 0.0:
        if row.last_time > -np.inf:
            row.step = step
        if row.last_time == -np.inf or row.clock_start > -np.inf:
            row.clock_start = time
        return NEXT
    if step > 0.0:
        if not _agree(row, time, AGREEING):
            return _dropped(counts, AHEAD, FIRST_AHEAD)
        row.clock_before = row.last_time
        row.clock_start = time
        row.agreed = 0
        row.step = max(row.step, step * (KNOWN_GAP / FAR))
        return NEXT
    in_gap = row.clock_before < time < row.clock_start
    if not in_gap or not _agree(row, time, max(AGREEING, row.agreed)):
        return _dropped(counts, LATE, FIRST_LATE)
    clear(row)
    row.anomaly_streak = 0
    row.streak_distance = 0.0
    row.adoption_left = 0
    row.step = 0.0
    row.clock_start = time
    row.agreed = 0
    return CAME_BACK


@kernel
def _dropped(counts: Integers, counter: int, first: int) -> int:
    if counts[counter] == 0:
        counts[first] = counts[CURRENT]
    counts[counter] += 1
    return DROPPED


@kernel
def _agree(row: Any, time: float, needed: int) -> bool:
    """Take a candidate; True once ``needed`` agree with the first."""
    reach = FAR * row.step if row.step > 0.0 else np.inf
    distance = time - row.candidate
    if row.votes > 0 and distance == 0.0:
        return False
    if row.votes > AGAINST and -reach <= distance < 0.0:
        row.votes -= AGAINST
        return False
    row.votes = row.votes + FOR if row.votes > 0 and 0.0 < distance <= reach else FOR
    row.candidate = time
    return bool(row.votes > FOR * needed)
