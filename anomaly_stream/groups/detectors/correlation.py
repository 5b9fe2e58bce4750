"""Correlation break: two members stop moving together, or begin to, or turn against each other.

One channel (``channels``) a pair: the product of the members' innovations (``members``), whose mean is their
correlation but for the clipping. A mean over 25 vectors is held against one over 600; the largest deviation
of any pair counts. Members whose levels move and whose relation stays say nothing here.

Memory: the channels' words. Work, from ``at``: two words a pair, its ``z`` and the same once it is warm; NaN
where there is none.
"""

from math import isnan, nan

from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.channels import Scale
from anomaly_stream.groups.detectors.parts.pairs import first_of, pair_count, second_of
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

CHANNEL_WORDS = channels.HEAD + channels.SCALE
SPANS = Scale(25.0, 600.0, 3.0)
UNIT, INDEX = 1.6, 10.0
"""Of the tail of the statistic on quiet groups (``calibration``)."""


@leaf_kernel
def words(members: int) -> int:
    """Of memory."""
    return CHANNEL_WORDS * pair_count(members)


@leaf_kernel
def work_words(members: int) -> int:
    """Of work."""
    return 2 * pair_count(members)


@leaf_kernel
def evaluate(
    memory: Floats, at: int, listed: int, pairs: int, warm_up: float, work: Floats, work_at: int
) -> float:
    """The largest ``abs(z)`` of a warm pair, 0 where none is. ``listed``: where the list of pairs begins."""
    largest = 0.0
    for number in range(pairs):
        pair = memory[listed + number]
        value = work[first_of(pair)] * work[second_of(pair)]
        out = work_at + 2 * number
        work[out], work[out + 1] = nan, nan
        if isnan(value):
            continue
        place = at + CHANNEL_WORDS * number
        z = channels.deviation(memory, place, 0, SPANS, value, True)
        work[out] = z
        if memory[place + channels.COUNT] >= warm_up:
            work[out + 1] = z
            largest = max(largest, abs(z))
    return largest


@leaf_kernel
def learn(
    memory: Floats, at: int, listed: int, pairs: int, warm_up: float, work: Floats, work_at: int
) -> None:
    """Take in the vector that ``evaluate`` has just seen; ``work`` is as it was left."""
    for number in range(pairs):
        pair = memory[listed + number]
        value = work[first_of(pair)] * work[second_of(pair)]
        if isnan(value):
            continue
        place = at + CHANNEL_WORDS * number
        channels.learn_scale(memory, place, 0, SPANS, value, work[work_at + 2 * number], warm_up)
        channels.learn_value(memory, place, value)
