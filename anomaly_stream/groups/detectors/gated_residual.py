"""Gated multi-scale residual: a member, or a relation of two, is not where it has been for the last minutes.

Channels: the members' levels, and for each pair the product of their innovations (``members``). Each is
watched at three neighbouring scales, whose mean deviation counts (``channels``). Pairs are noisier and count
for 0.65; their scales are three (fast) and two (slow) times as long. All channels together: ``S = (sum
abs(z)**6)**(1/6)``, a soft maximum that several moderate deviations raise above the largest.

A channel that has had fewer than ``warm_up`` values is learned, and counts for nothing. A member without a
value leaves its own and its pairs' channels as they are.

Memory: the channels' words, levels first. Work, from ``at``: four words a channel, ``z`` of each scale and
the weighted mean of them, NaN where the channel has no value.
"""

from math import isnan, nan

from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.arrays import value_of
from anomaly_stream.groups.detectors.parts.channels import Scale
from anomaly_stream.groups.detectors.parts.pairs import first_of, pair_count, second_of
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

SCALES = 3
STRIDE = SCALES + 1
"""Words of work, a channel."""
MEAN = SCALES
CHANNEL_WORDS = channels.HEAD + channels.SCALE * SCALES
PAIR_WEIGHT = 0.65
GATE = 2.3
UNIT, INDEX = 1.0, 4.4
"""Of the tail of the statistic on quiet groups (``calibration``)."""


@leaf_kernel
def words(members: int) -> int:
    """Of memory."""
    return CHANNEL_WORDS * (members + pair_count(members))


@leaf_kernel
def work_words(members: int) -> int:
    """Of work."""
    return STRIDE * (members + pair_count(members))


@leaf_kernel
def scale_of(number: int, pair: bool) -> Scale:
    """Spans of a scale, in vectors; a fast mean over about ten, held against one over eight times as many."""
    if number == 0:
        level = Scale(8.0, 60.0, GATE)
    elif number == 1:
        level = Scale(10.0, 80.0, GATE)
    else:
        level = Scale(12.0, 110.0, GATE)
    return Scale(3.0 * level.fast, 2.0 * level.slow, GATE) if pair else level


@leaf_kernel
def channel_value(
    members: int, listed: int, memory: Floats, vector: Floats, present: Bools, work: Floats, channel: int
) -> float:
    """A level, or a product of two innovations (they begin ``work``); NaN where there is none.

    ``listed``: where the list of pairs begins in ``memory``.
    """
    if channel < members:
        return value_of(vector, present, channel)
    pair = memory[listed + channel - members]
    return float(work[first_of(pair)] * work[second_of(pair)])


@leaf_kernel
def evaluate(
    memory: Floats,
    at: int,
    listed: int,
    pairs: int,
    members: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    work_at: int,
) -> float:
    """``S`` of a vector that does not enter; 0 where no channel is warm. ``pairs``: how many are known."""
    total = 0.0
    for channel in range(members + pairs):
        value = channel_value(members, listed, memory, vector, present, work, channel)
        place, out = at + CHANNEL_WORDS * channel, work_at + STRIDE * channel
        work[out + MEAN] = nan
        if isnan(value):
            continue
        pair = channel >= members
        mean = 0.0
        for number in range(SCALES):
            z = channels.deviation(memory, place, number, scale_of(number, pair), value, pair)
            work[out + number] = z
            mean += z / SCALES
        if memory[place + channels.COUNT] >= warm_up:
            work[out + MEAN] = mean * PAIR_WEIGHT if pair else mean
            square = work[out + MEAN] * work[out + MEAN]
            total += square * square * square
    return float(total ** (1.0 / 6.0))


@leaf_kernel
def learn(
    memory: Floats,
    at: int,
    listed: int,
    pairs: int,
    members: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    work_at: int,
) -> None:
    """Take in the vector that ``evaluate`` has just seen; ``work`` is as it was left."""
    for channel in range(members + pairs):
        value = channel_value(members, listed, memory, vector, present, work, channel)
        if isnan(value):
            continue
        place, out = at + CHANNEL_WORDS * channel, work_at + STRIDE * channel
        pair = channel >= members
        for number in range(SCALES):
            z = work[out + number]
            channels.learn_scale(memory, place, number, scale_of(number, pair), value, z, warm_up)
        channels.learn_value(memory, place, value)
