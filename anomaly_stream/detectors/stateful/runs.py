"""How long runs last: a life table, from which the chance of a run this long follows.

A run of length L is L equal values, or a gap of L intervals. What is learned of each finished run is how
far it came among lengths that double; the probability to reach L is the product of the shares that came
through (Kaplan and Meier, Journal of the American Statistical Association 53, 1958, over grouped lengths).
Every run counts once however long it is, so one long incident does not teach that all is well.

Where no run has been, each further step is taken to follow with the probability that the lengths before show,
at least one half: beyond what is known the score rises by 3 a step at most. That expectation is worth as many
runs as make half a survivor, 1 to 8.

A table is ``WORDS`` words: for each group of lengths the runs that entered it, then those that left it alive.
"""

from math import exp, log

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel

GROUPS = 13
"""Steps 1 to 2, 2 to 3, 3 to 5, 5 to 9, ... ; the last one has no end."""
WORDS = 2 * GROUPS
LONGEST = 1e6
"""Longer runs count as this long."""

_REMEMBERED = 4096.0
_STEP = log(0.5)
_MOST_WORTH = 8.0


@kernel
def _first_and_width(group: int) -> tuple[float, float]:
    """The length at which a group of steps begins, and how many steps it has."""
    if group == 0:
        return 1.0, 1.0
    width = float(1 << (group - 1))
    return width + 1.0, width


@kernel
def _count(memory: Floats, at: int, length: float, weight: float) -> None:
    """Add a run to its groups; counts never fall below 0."""
    for group in range(GROUPS):
        first, width = _first_and_width(group)
        if length < first:
            break
        memory[at + group] = max(0.0, memory[at + group] + weight)
        if length >= first + width and group < GROUPS - 1:
            through = at + GROUPS + group
            memory[through] = max(0.0, memory[through] + weight)


@kernel
def learn_run(memory: Floats, at: int, length: float) -> None:
    """Count a finished run; beyond 4096 the counts are halved, so that newer runs weigh more."""
    if memory[at] >= _REMEMBERED:
        for i in range(at, at + WORDS):
            memory[i] *= 0.5
    _count(memory, at, length, 1.0)


@kernel
def unlearn_run(memory: Floats, at: int, length: float) -> None:
    """Take back a run that ``learn_run`` counted."""
    _count(memory, at, length, -1.0)


@kernel
def log_chance(memory: Floats, at: int, length: float, least: float) -> float:
    """Natural logarithm of the probability that a run reaches ``length``; 0 while fewer than ``least`` are
    known."""
    if memory[at] < least:
        return 0.0
    total = 0.0
    step = _STEP
    for group in range(GROUPS):
        first, width = _first_and_width(group)
        if length <= first:
            break
        prior = 0.5 if group == 0 else exp(step * width)
        worth = max(1.0, min(_MOST_WORTH, 0.5 / max(1e-300, prior)))
        through = (memory[at + GROUPS + group] + worth * prior) / (memory[at + group] + worth)
        through = log(through) / width
        steps = length - first if group == GROUPS - 1 else min(width, length - first)
        total += through * steps
        step = max(_STEP, through)
    return total
