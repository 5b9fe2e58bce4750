"""Deviations and correlations of the watched pairs, read right after ``evaluate``.

Only for verdicts that are published, so in plain numpy.
"""

import numpy as np

from anomaly_stream.groups.detectors import correlation, gated_residual, instance
from anomaly_stream.groups.detectors.instance_layout import ABSENT, InstanceLayout
from anomaly_stream.groups.detectors.parts import channels
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation, first_of, second_of
from anomaly_stream.kernels.arrays import Floats

_CLIPPED_SQUARE = 0.9205
"""Mean square of a standard normal variable clipped at ``members.LIMIT``: the mean product of two members
whose correlation is 1."""


def pair_deviations(state: Floats, layout: InstanceLayout, work: Floats) -> list[PairDeviation]:
    """The warm pairs with a value, by ``correlation`` if configured, else by ``gated_residual``."""
    by_correlation = layout.detector_at[correlation.NUMBER] != ABSENT
    number = correlation.NUMBER if by_correlation else gated_residual.NUMBER
    at, out = int(layout.detector_at[number]), int(layout.work_at[number])
    found = []
    for place in range(instance.known_pairs(state, layout)):
        if by_correlation:
            channel, scale, spans = at + correlation.CHANNEL_SLOTS * place, 0, correlation.SPANS
            deviation = work[out + 2 * place + 1]
        else:
            channel = at + gated_residual.CHANNEL_SLOTS * (layout.size + place)
            scale = gated_residual.MIDDLE
            spans = gated_residual.scale_of(scale, True)
            deviation = work[out + gated_residual.STRIDE * (layout.size + place) + gated_residual.MEAN]
        if np.isnan(deviation):
            continue
        pair = float(state[layout.pairs_at + 1 + place])
        first, second = first_of(pair), second_of(pair)
        slow = state[channel + channels.HEAD + channels.SCALE * scale + channels.SLOW]
        fast = channels.fast_mean(state, channel, scale, spans, float(work[first] * work[second]))
        found.append(PairDeviation(first, second, float(deviation), _correlation(slow), _correlation(fast)))
    return found


def _correlation(mean_product: float) -> float:
    return float(np.clip(mean_product / _CLIPPED_SQUARE, -1.0, 1.0))
