"""Deviations and correlations of the watched pairs, read right after ``evaluate``."""

from math import isnan

import numpy as np

from anomaly_stream.groups.detectors import correlation, instance
from anomaly_stream.groups.detectors.instance_layout import InstanceLayout
from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation, first_of, second_of
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

_CLIPPED_SQUARE = 0.9205
"""This is the mean square of a standard normal variable clipped at ``members.LIMIT``, and so the mean product
of two members whose correlation is 1."""


def pair_deviations(state: Floats, layout: InstanceLayout, work: Floats) -> list[PairDeviation]:
    """The warm pairs with a value; none without the detector ``correlation``."""
    found = np.zeros((instance.known_pairs(state, layout), len(PairDeviation._fields)))
    if not len(found):
        return []
    count = _read(state, layout, work, found)
    return [
        PairDeviation(int(first), int(second), deviation, expected, seen)
        for first, second, deviation, expected, seen in found[:count].tolist()
    ]


@leaf_kernel
def _read(state: Floats, layout: InstanceLayout, work: Floats, found: Floats) -> int:
    """Write a row for each warm pair with a value; returns their number."""
    at, out = layout.detector_at[correlation.NUMBER], layout.work_at[correlation.NUMBER]
    count = 0
    for place in range(len(found)):
        deviation = work[out + 2 * place + 1]
        if isnan(deviation):
            continue
        channel = at + correlation.CHANNEL_WORDS * place
        pair = state[layout.pairs_at + 1 + place]
        first, second = first_of(pair), second_of(pair)
        slow = state[channel + channels.HEAD + channels.SLOW]
        fast = channels.fast_mean(state, channel, 0, correlation.SPANS, work[first] * work[second])
        found[count, 0], found[count, 1], found[count, 2] = first, second, deviation
        found[count, 3], found[count, 4] = _correlation(slow), _correlation(fast)
        count += 1
    return count


@leaf_kernel
def _correlation(mean_product: float) -> float:
    return float(max(-1.0, min(1.0, mean_product / _CLIPPED_SQUARE)))
