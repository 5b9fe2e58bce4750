"""Gated multi-scale residual: members are away from their usual level for minutes.

The level of each member is a channel (``parts.channels``), watched at three neighbouring scales; the mean of
their deviations z counts. All members together give ``S = (sum |z|^6)^(1/6)``, a soft maximum that several
moderate deviations raise above the largest.

A channel with fewer than ``warm_up`` values is learned but does not count. A member without a value leaves
its channel unchanged.

State: the channels. Work: per channel the ``z`` of each scale and their mean; NaN if the member has no value.
"""

from math import isnan, nan

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.channels import Scale
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import POWER, PairDeviation
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
GATE = 2.3


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """``z^6`` of the member's level."""
    means = work[work_at + MEAN :: STRIDE][:members]
    parts: Floats = np.nan_to_num(np.abs(means)) ** POWER
    return parts


def _expected(state: Floats, at: int, members: int, work: Floats, work_at: int) -> Floats:
    """The slow means of the middle scale."""
    first = at + channels.HEAD + channels.SCALE * MIDDLE + channels.SLOW
    return state[first : first + CHANNEL_WORDS * members : CHANNEL_WORDS]


NUMBER = 0
DETECTOR = GroupDetector(
    "gated_residual",
    NUMBER,
    "Members that have been away from their usual level for minutes.",
    reason=reasons.MEMBER_SHIFT,
    words=lambda members: CHANNEL_WORDS * members,
    work_words=lambda members: STRIDE * members,
    unit=1.0,
    index=4.4,
    questions=Questions.MEMBERS,
    contributions=_contributions,
    expected=_expected,
)


@leaf_kernel
def scale_of(number: int) -> Scale:
    """A scale: a fast mean over about ten vectors, and a slow one over about eight times as many."""
    if number == 0:
        return Scale(8.0, 60.0, GATE)
    if number == 1:
        return Scale(10.0, 80.0, GATE)
    return Scale(12.0, 110.0, GATE)


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """``S`` of a vector, over the warm channels."""
    total = 0.0
    for member in range(seen.size):
        value = value_of(seen, member)
        place, out = at + CHANNEL_WORDS * member, work_at + STRIDE * member
        work[out + MEAN] = nan
        if isnan(value):
            continue
        mean = 0.0
        for number in range(SCALES):
            z = channels.deviation(state, place, number, scale_of(number), value, False)
            work[out + number] = z
            mean += z / SCALES
        if state[place + channels.COUNT] >= seen.warm_up:
            work[out + MEAN] = mean
            square = mean * mean
            total += square * square * square
    return float(total ** (1.0 / 6.0))


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    for member in range(seen.size):
        value = value_of(seen, member)
        if isnan(value):
            continue
        place, out = at + CHANNEL_WORDS * member, work_at + STRIDE * member
        for number in range(SCALES):
            z = work[out + number]
            channels.learn_scale(state, place, number, scale_of(number), value, z, seen.warm_up)
        channels.learn_value(state, place, value)
