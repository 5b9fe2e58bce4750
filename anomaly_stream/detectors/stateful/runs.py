"""The distribution of run lengths: a life table, and the probability of a run this long.

A run of length L is L equal values, or a gap of L intervals. Lengths are grouped, and the size of groups
doubles. The table counts the finished runs that reached each group and those that outlasted it. The
probability of reaching L is the product of the shares that continued (Kaplan and Meier, Journal of the
American Statistical Association 53, 1958, with grouped lengths). Each run counts once, whatever its length,
so one long incident does not become normal.

Beyond the longest known run, the probability of each further step is that of the groups before it, but at
least one half. So the score rises there by at most 3 per step. This prior has the weight of as many runs as
give half a survivor, from 1 to 8.

A table has ``WORDS`` words: for each group the number of runs that reached it, then for each group the number
that outlasted it.
"""

from math import exp, log

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel

GROUPS = 13
"""The groups of lengths are 1 to 2, 2 to 3, 3 to 5, 5 to 9, ... ; the last group has no end."""
WORDS = 2 * GROUPS
LONGEST = 1e6
"""Lengths are clipped to this one."""

_REMEMBERED = 4096.0
_STEP = log(0.5)
_MOST_WORTH = 8.0


@kernel
def _first_and_width(group: int) -> tuple[float, float]:
    """First length of a group, and its number of steps."""
    if group == 0:
        return 1.0, 1.0
    width = float(1 << (group - 1))
    return width + 1.0, width


@kernel
def _count(state: Floats, at: int, length: float, weight: float) -> None:
    """Add a run to its groups with a weight; counts never fall below 0."""
    for group in range(GROUPS):
        first, width = _first_and_width(group)
        if length < first:
            break
        state[at + group] = max(0.0, state[at + group] + weight)
        if length >= first + width and group < GROUPS - 1:
            through = at + GROUPS + group
            state[through] = max(0.0, state[through] + weight)


@kernel
def learn_run(state: Floats, at: int, length: float) -> None:
    """Count a finished run; at 4096 runs all counts are halved, so that newer runs weigh more."""
    if state[at] >= _REMEMBERED:
        for i in range(at, at + WORDS):
            state[i] *= 0.5
    _count(state, at, length, 1.0)


@kernel
def unlearn_run(state: Floats, at: int, length: float) -> None:
    """Undo ``learn_run``."""
    _count(state, at, length, -1.0)


@kernel
def log_chance(state: Floats, at: int, length: float, least: float) -> float:
    """``ln`` of the probability that a run reaches ``length``; 0 below ``least`` known runs."""
    if state[at] < least:
        return 0.0
    total = 0.0
    step = _STEP
    for group in range(GROUPS):
        first, width = _first_and_width(group)
        if length <= first:
            break
        prior = 0.5 if group == 0 else exp(step * width)
        worth = max(1.0, min(_MOST_WORTH, 0.5 / max(1e-300, prior)))
        through = (state[at + GROUPS + group] + worth * prior) / (state[at + group] + worth)
        through = log(through) / width
        steps = length - first if group == GROUPS - 1 else min(width, length - first)
        total += through * steps
        step = max(_STEP, through)
    return total
