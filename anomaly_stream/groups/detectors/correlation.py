"""Correlation break: the correlation of two members disappears, appears, or changes its sign.

One channel (``parts.channels``) per pair: the product of the two innovations (``parts.members``). Apart from
clipping, its mean is their correlation. A fast mean (25 vectors) is compared with a slow one (600). The
statistic is the largest ``|z|`` of any pair, reduced in groups whose relations often change
(``parts.own_level``). Changes of a member's level do not affect it.

State: one channel per pair, then the own level. Work: per pair its ``z``, and the same once the channel is
warm; NaN otherwise.
"""

from math import isnan, nan

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts import channels, own_level
from anomaly_stream.groups.detectors.parts.calibration import pareto_score
from anomaly_stream.groups.detectors.parts.channels import Scale
from anomaly_stream.groups.detectors.parts.observation import Observation
from anomaly_stream.groups.detectors.parts.pairs import (
    PairDeviation,
    first_of,
    pair_count,
    second_of,
    shared,
)
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons

CHANNEL_WORDS = channels.HEAD + channels.SCALE
SPANS = Scale(25.0, 600.0, 3.0)
_UNIT, _INDEX = 1.6, 10.0


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """``z^6`` of the member's pairs; each pair counts half for either member."""
    return shared(np.zeros(members), pairs)


NUMBER = 1
DETECTOR = GroupDetector(
    "correlation",
    NUMBER,
    "Two members whose correlation broke.",
    reason=reasons.CORRELATION_BREAK,
    words=lambda members: CHANNEL_WORDS * pair_count(members) + own_level.WORDS,
    work_words=lambda members: 2 * pair_count(members),
    unit=_UNIT,
    index=_INDEX,
    questions=Questions.PAIRS,
    contributions=_contributions,
    pairwise=True,
)


@leaf_kernel
def _level_at(at: int, seen: Observation) -> int:
    """Where the own level begins."""
    return at + CHANNEL_WORDS * pair_count(seen.size)


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """The largest ``|z|`` of a warm pair, or 0; reduced by the own level."""
    largest = 0.0
    for number in range(seen.pairs):
        pair = state[seen.listed + number]
        value = work[first_of(pair)] * work[second_of(pair)]
        out = work_at + 2 * number
        work[out], work[out + 1] = nan, nan
        if isnan(value):
            continue
        place = at + CHANNEL_WORDS * number
        z = channels.deviation(state, place, 0, SPANS, value, True)
        work[out] = z
        if state[place + channels.COUNT] >= seen.warm_up:
            work[out + 1] = z
            largest = max(largest, abs(z))
    reduction = own_level.reduction(state, _level_at(at, seen))
    return float(largest * 10.0 ** (-reduction / (10.0 * _INDEX)))


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    largest, asked = 0.0, 0.0
    for number in range(seen.pairs):
        pair = state[seen.listed + number]
        value = work[first_of(pair)] * work[second_of(pair)]
        if isnan(value):
            continue
        place, out = at + CHANNEL_WORDS * number, work_at + 2 * number
        if not isnan(work[out + 1]):
            largest, asked = max(largest, abs(work[out + 1])), asked + 1.0
        channels.learn_scale(state, place, 0, SPANS, value, work[out], seen.warm_up)
        channels.learn_value(state, place, value)
    if asked > 0.0:
        score = pareto_score(largest, _UNIT, _INDEX, asked)
        own_level.learn(state, _level_at(at, seen), score, SPANS.fast)
