"""What each member has to do with a vector's deviation, by detector; not negative, to no particular sum.

Read from memory and work right after ``evaluate``. Called for what is published only, so in plain numpy.
"""

from typing import NamedTuple

import numpy as np

from anomaly_stream.groups.detectors import correlation, gated_residual, half_space_trees, instance, t2q
from anomaly_stream.groups.detectors.instance import CORRELATION, GATED_RESIDUAL, HALF_SPACE_TREES, T2Q
from anomaly_stream.groups.detectors.parts import channels, members
from anomaly_stream.groups.detectors.parts.pairs import first_of, second_of
from anomaly_stream.kernels.arrays import Floats

_POWER = 6.0
_MIDDLE = 1
"""Of the gated residual's scales."""
_CLIPPED_SQUARE = 0.9205
"""Mean square of a standard normal variable that is clipped at ``members.LIMIT``: what a correlation of 1
becomes.
"""


class PairChannel(NamedTuple):
    """A pair of members by number: its deviation, its usual correlation and the present one."""

    first: int
    second: int
    deviation: float
    expected: float
    seen: float


def expected_values(memory: Floats, mask: int, size: int) -> Floats:
    """Where each member usually is: a slow mean of the first detector that has one, else the short one."""
    for number in (GATED_RESIDUAL, T2Q, HALF_SPACE_TREES):
        if mask >> number & 1:
            at = instance.detector_at(mask, number, size)
            if number == GATED_RESIDUAL:
                first = at + channels.HEAD + channels.SCALE * _MIDDLE + channels.SLOW
                return memory[
                    first : first + gated_residual.CHANNEL_WORDS * size : gated_residual.CHANNEL_WORDS
                ]
            if number == T2Q:
                return memory[t2q.slow_mean(at, size) :][:size]
            return memory[half_space_trees.places(at) :][: 2 * size : 2]
    first = instance.member_at(0) + members.MEAN
    return memory[first : first + members.WORDS * size : members.WORDS]


def pair_channels(memory: Floats, mask: int, size: int, warm_up: float, work: Floats) -> list[PairChannel]:
    """The warm pairs that had a value; of the correlation detector where it is on, else of the gated
    residual.
    """
    count = instance.known_pairs(memory, mask, size, warm_up)
    number = CORRELATION if mask >> CORRELATION & 1 else GATED_RESIDUAL
    at, out = instance.detector_at(mask, number, size), instance.work_at(number, size)
    listed = instance.pairs_at(size) + 1
    found = []
    for place, pair in enumerate(memory[listed : listed + count].tolist()):
        if number == CORRELATION:
            channel, scale, spans = at + correlation.CHANNEL_WORDS * place, 0, correlation.SPANS
            deviation = work[out + 2 * place + 1]
        else:
            channel, scale = at + gated_residual.CHANNEL_WORDS * (size + place), _MIDDLE
            spans = gated_residual.scale_of(scale, True)
            deviation = work[out + gated_residual.STRIDE * (size + place) + gated_residual.MEAN]
        if np.isnan(deviation):
            continue
        first, second = first_of(pair), second_of(pair)
        product = float(work[first] * work[second])
        slow = memory[channel + channels.HEAD + channels.SCALE * scale + channels.SLOW]
        fast = channels.fast_mean(memory, channel, scale, spans, product)
        found.append(PairChannel(first, second, float(deviation), _correlation(slow), _correlation(fast)))
    return found


def _correlation(mean_product: float) -> float:
    return float(np.clip(mean_product / _CLIPPED_SQUARE, -1.0, 1.0))


def contributions(
    memory: Floats, mask: int, number: int, size: int, work: Floats, pairs: list[PairChannel]
) -> Floats:
    """Of each member, to what detector ``number`` said."""
    at, out = instance.detector_at(mask, number, size), instance.work_at(number, size)
    if number == T2Q:
        return _of_chart(memory, at, size, work[out : out + size])
    if number == HALF_SPACE_TREES:
        return _of_trees(memory, at, size, work[out : out + size])
    parts = np.zeros(size)
    if number == GATED_RESIDUAL:
        means = work[out + gated_residual.MEAN :: gated_residual.STRIDE][:size]
        parts += np.nan_to_num(np.abs(means)) ** _POWER
    for pair in pairs:
        half = 0.5 * abs(pair.deviation) ** _POWER
        parts[pair.first] += half
        parts[pair.second] += half
    return parts


def _of_chart(memory: Floats, at: int, size: int, u: Floats) -> Floats:
    """T2's part of a member is its term of the quadratic form, Q's its squared residual; both over their
    size.
    """
    first = t2q.eigenvectors(at, size)
    vectors = memory[first : first + size * size].reshape(size, size)
    values = np.maximum(memory[first + size * size :][:size], 1e-3)
    kept = max(1, int(memory[at + t2q.KEPT]))
    lengths = vectors @ u
    t2 = np.maximum(0.0, u * (vectors[:kept].T @ (lengths[:kept] / values[:kept]))) / kept
    rest = vectors[kept:].T @ lengths[kept:]
    parts: Floats = t2 + rest**2 / max(1e-3, values[kept:].sum())
    return parts


def _of_trees(memory: Floats, at: int, size: int, places: Floats) -> Floats:
    """How much the logarithm of the mass rises with the member put where it usually is."""
    mass = half_space_trees.mass(memory, at, size, places, 0)
    parts = np.zeros(size)
    for member in np.flatnonzero(~np.isnan(places)):
        moved = places.copy()
        moved[member] = 0.5
        parts[member] = np.log1p(half_space_trees.mass(memory, at, size, moved, 0)) - np.log1p(mass)
    return np.maximum(0.0, parts)
