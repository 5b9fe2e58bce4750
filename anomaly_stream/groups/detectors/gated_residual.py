"""Gated multi-scale residual: a member, or the relation of two, is away from its usual level for minutes.

Channels are the members' levels and, for each pair, the product of the two innovations (``parts.members``).
Each channel is watched at three neighbouring scales, and the mean of their deviations counts
(``parts.channels``). Pairs are noisier: they have the weight 0.65, their fast spans are three times as long
and their slow spans twice as long. All channels together give ``S = (sum |z|^6)^(1/6)``, a soft maximum that
several moderate deviations raise above the largest.

A channel with fewer than ``warm_up`` values is learned but does not count. A member without a value leaves
its own channel and those of its pairs unchanged.

State: the channels, levels first. Work: per channel the ``z`` of each scale and their weighted mean; NaN if
the channel has no value.
"""

from math import isnan, nan

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.channels import Scale
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import (
    POWER,
    PairDeviation,
    first_of,
    pair_count,
    second_of,
    shared,
)
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons

SCALES = 3
STRIDE = SCALES + 1
"""Each channel has this many intermediate values."""
MEAN = SCALES
MIDDLE = 1
"""Explanations quote this scale."""
CHANNEL_WORDS = channels.HEAD + channels.SCALE * SCALES
PAIR_WEIGHT = 0.65
GATE = 2.3


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """``z^6`` of the member's level and of its pairs; each pair counts half for either member."""
    means = work[work_at + MEAN :: STRIDE][:members]
    parts: Floats = np.nan_to_num(np.abs(means)) ** POWER
    return shared(parts, pairs)


def _expected(state: Floats, at: int, members: int, work: Floats, work_at: int) -> Floats:
    """The slow means of the middle scale."""
    first = at + channels.HEAD + channels.SCALE * MIDDLE + channels.SLOW
    return state[first : first + CHANNEL_WORDS * members : CHANNEL_WORDS]


NUMBER = 0
DETECTOR = GroupDetector(
    "gated_residual",
    NUMBER,
    "Members and relations that have been away from their usual level for minutes.",
    reason=reasons.MEMBER_SHIFT,
    words=lambda members: CHANNEL_WORDS * (members + pair_count(members)),
    work_words=lambda members: STRIDE * (members + pair_count(members)),
    unit=1.0,
    index=4.4,
    questions=Questions.MEMBERS,
    contributions=_contributions,
    expected=_expected,
    pairwise=True,
)


@leaf_kernel
def scale_of(number: int, pair: bool) -> Scale:
    """A scale: a fast mean over about ten vectors, and a slow one over about eight times as many."""
    if number == 0:
        level = Scale(8.0, 60.0, GATE)
    elif number == 1:
        level = Scale(10.0, 80.0, GATE)
    else:
        level = Scale(12.0, 110.0, GATE)
    return Scale(3.0 * level.fast, 2.0 * level.slow, GATE) if pair else level


@leaf_kernel
def channel_value(state: Floats, seen: Observation, work: Floats, channel: int) -> float:
    """The value of a channel, a level or a product of two innovations; NaN if it has none."""
    if channel < seen.size:
        return value_of(seen, channel)
    pair = state[seen.listed + channel - seen.size]
    return float(work[first_of(pair)] * work[second_of(pair)])


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """``S`` of a vector, over the warm channels."""
    total = 0.0
    for channel in range(seen.size + seen.pairs):
        value = channel_value(state, seen, work, channel)
        place, out = at + CHANNEL_WORDS * channel, work_at + STRIDE * channel
        work[out + MEAN] = nan
        if isnan(value):
            continue
        pair = channel >= seen.size
        mean = 0.0
        for number in range(SCALES):
            z = channels.deviation(state, place, number, scale_of(number, pair), value, pair)
            work[out + number] = z
            mean += z / SCALES
        if state[place + channels.COUNT] >= seen.warm_up:
            work[out + MEAN] = mean * PAIR_WEIGHT if pair else mean
            square = work[out + MEAN] * work[out + MEAN]
            total += square * square * square
    return float(total ** (1.0 / 6.0))


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    for channel in range(seen.size + seen.pairs):
        value = channel_value(state, seen, work, channel)
        if isnan(value):
            continue
        place, out = at + CHANNEL_WORDS * channel, work_at + STRIDE * channel
        pair = channel >= seen.size
        for number in range(SCALES):
            z = work[out + number]
            channels.learn_scale(state, place, number, scale_of(number, pair), value, z, seen.warm_up)
        channels.learn_value(state, place, value)
