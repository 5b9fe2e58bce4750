"""Half-space trees (Tan, Ting and Liu 2011, IJCAI): how empty is the region of this vector.

Ten trees of height 5 halve the members' ranges at random. Each node counts the vectors of the last full
window of 250. The mass of a vector is the sum over its path of ``mass 2^depth``; the path ends at a node that
holds less than a tenth of the window. On the same splits this gives the scores of river's ``HalfSpaceTrees``.

The rest differs from river. Members are scaled to 0 to 1 by ``0.5 + (x - mean) / 8 sd``, running over 1000
vectors. The splits come from a hash of their place instead of a random generator. The statistic is the
distance of ``ln(1 + mass)`` below its own running mean in standard deviations, because a normal mass depends
on the group. At a node whose member has no value the path continues in the child with the larger count, as in
river.

It learns all vectors, as in the paper: a lasting change is normal two windows later.

State: number of vectors; number in this window; number of full windows; mean and variance of the logarithm;
per member mean and mean square; then the trees. A tree has its splits (``member + threshold``, with a
threshold between 0 and 1) and the counts of its nodes (``PACK`` times that of the last window, plus that of
this one). Nodes are numbered as in a heap. Work: the scaled members, NaN if missing; then the logarithm.
"""

from math import isnan, log, sqrt

import numpy as np

from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.groups.detectors.parts.pairs import PairDeviation
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model import reasons

TREES, HEIGHT, WINDOW = 10, 5, 250.0
SPLITS, NODES = (1 << HEIGHT) - 1, (2 << HEIGHT) - 1
PACK = 1024.0
_HEAD = 5
_COUNT, FILL, FILLED, _MEAN, _VARIANCE = range(_HEAD)
_TREE = SPLITS + NODES
_SPAN = 1000.0
_REACH = 4.0
_PADDING = 0.15
_LIMIT = 0.1 * WINDOW
_LEAST_DEVIATION = 0.1
_GOLDEN = 0.6180339887498949


def _contributions(
    state: Floats, at: int, members: int, work: Floats, work_at: int, pairs: list[PairDeviation]
) -> Floats:
    """The rise of the logarithm of the mass when the member moves to its mean."""
    places = work[work_at : work_at + members]
    before = mass(state, at, members, places, 0)
    parts = np.zeros(members)
    for member in np.flatnonzero(~np.isnan(places)):
        moved = places.copy()
        moved[member] = 0.5
        parts[member] = np.log1p(mass(state, at, members, moved, 0)) - np.log1p(before)
    return np.maximum(0.0, parts)


def _expected(state: Floats, at: int, members: int, work: Floats, work_at: int) -> Floats:
    """The running means."""
    return state[at + _HEAD :][: 2 * members : 2]


NUMBER = 3
DETECTOR = GroupDetector(
    "half_space_trees",
    NUMBER,
    "How rarely vectors in the region of the present one occurred before.",
    reason=reasons.NOVEL_COMBINATION,
    words=lambda members: _HEAD + 2 * members + _TREE * TREES,
    work_words=lambda members: members + 1,
    unit=1.6,
    index=6.0,
    questions=Questions.ONE,
    contributions=_contributions,
    expected=_expected,
)


@leaf_kernel
def tree_at(at: int, members: int, tree: int) -> int:
    """Where the splits of a tree begin; the counts of its nodes follow."""
    return at + _HEAD + 2 * members + _TREE * tree


@leaf_kernel
def evaluate(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """The distance of the logarithm of the mass below its mean in standard deviations, at least 0."""
    members = seen.size
    for member in range(members):
        value = value_of(seen, member)
        place = at + _HEAD + 2 * member
        if not isnan(value):
            spread = sqrt(state[place + 1])
            value = (value - state[place]) / (2.0 * _REACH * spread) if spread > 0.0 else 0.0
            value = min(1.0, max(0.0, 0.5 + value))
        work[work_at + member] = value
    logarithm = log(1.0 + mass(state, at, members, work, work_at))
    work[work_at + members] = logarithm
    if state[at + FILLED] < 2.0 or state[at + _COUNT] < seen.warm_up:
        return 0.0
    deviation = max(_LEAST_DEVIATION, sqrt(state[at + _VARIANCE]))
    return float(max(0.0, (state[at + _MEAN] - logarithm) / deviation))


@leaf_kernel
def mass(state: Floats, at: int, members: int, places: Floats, first: int) -> float:
    """The mass of all trees after the last full window; the scaled members begin at ``places[first]``."""
    total = 0.0
    if state[at + FILLED] == 0.0:
        return total
    for tree in range(TREES):
        splits = tree_at(at, members, tree)
        node, weight = 0, 1.0
        for _ in range(HEIGHT + 1):
            last = state[splits + SPLITS + node] // PACK
            total += last * weight
            if last < _LIMIT or node >= SPLITS:
                break
            node = _child(state, splits, node, places, first)
            weight *= 2.0
    return total


@leaf_kernel
def _child(state: Floats, splits: int, node: int, places: Floats, first: int) -> int:
    """The child in which the path continues."""
    split = state[splits + node]
    place = places[first + int(split)]
    left = 2 * node + 1
    if isnan(place):
        counts = splits + SPLITS + left
        right_is_larger = state[counts] % PACK < state[counts + 1] % PACK
        return left + 1 if right_is_larger else left
    return left if place < split - int(split) else left + 1


@leaf_kernel
def learn(state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Learn the vector that ``evaluate`` has just seen."""
    members = seen.size
    if state[at + _COUNT] == 0.0:
        for tree in range(TREES):
            _grow(state, tree_at(at, members, tree), members, tree)
    state[at + _COUNT] += 1.0
    for tree in range(TREES):
        splits = tree_at(at, members, tree)
        node = 0
        for _ in range(HEIGHT):
            state[splits + SPLITS + node] += 1.0
            node = _child(state, splits, node, work, work_at)
        state[splits + SPLITS + node] += 1.0
    if state[at + FILLED] > 0.0:
        _learn_logarithm(state, at, work[work_at + members])
    state[at + FILL] += 1.0
    if state[at + FILL] == WINDOW:
        state[at + FILL] = 0.0
        state[at + FILLED] += 1.0
        for tree in range(TREES):
            counts = tree_at(at, members, tree) + SPLITS
            for node in range(NODES):
                state[counts + node] = PACK * (state[counts + node] % PACK)
    for member in range(members):
        value = value_of(seen, member)
        if not isnan(value):
            _learn_place(state, at + _HEAD + 2 * member, state[at + _COUNT], value)


@leaf_kernel
def _learn_place(state: Floats, at: int, count: float, value: float) -> None:
    """Update mean and mean square of a member."""
    if state[at] == 0.0 and state[at + 1] == 0.0:
        state[at] = value
    deviation = value - state[at]
    weight = rate(_SPAN, count)
    state[at] += weight * deviation
    state[at + 1] += weight * (capped(deviation * deviation, state[at + 1], count) - state[at + 1])


@leaf_kernel
def _learn_logarithm(state: Floats, at: int, logarithm: float) -> None:
    """Update mean and variance of the logarithm, from the first full window on."""
    count = state[at + _COUNT] - WINDOW
    weight = rate(_SPAN, count)
    deviation = logarithm - state[at + _MEAN] if count > 1.0 else 0.0
    if count <= 1.0:
        state[at + _MEAN] = logarithm
    state[at + _MEAN] += weight * deviation
    state[at + _VARIANCE] += weight * (deviation * deviation - state[at + _VARIANCE])


@leaf_kernel
def _grow(state: Floats, splits: int, members: int, tree: int) -> None:
    """Draw the splits: a member, more likely the wider its range is here, and a place within that range.

    River's padded trees: the place keeps 15% of the range away from both ends.
    """
    for node in range(SPLITS):
        total = 0.0
        for member in range(members):
            low, high = _range(state, splits, node, member)
            total += high - low
        drawn = total * _fraction(tree, node, 0)
        chosen = members - 1
        for member in range(members):
            low, high = _range(state, splits, node, member)
            drawn -= high - low
            if drawn < 0.0:
                chosen = member
                break
        low, high = _range(state, splits, node, chosen)
        width = (high - low) * (1.0 - 2.0 * _PADDING)
        state[splits + node] = chosen + low + _PADDING * (high - low) + width * _fraction(tree, node, 1)


@leaf_kernel
def _range(state: Floats, splits: int, node: int, member: int) -> tuple[float, float]:
    """The range of a member within the splits above a node."""
    low, high = 0.0, 1.0
    while node > 0:
        parent = (node - 1) // 2
        split = state[splits + parent]
        if int(split) == member:
            threshold = split - int(split)
            if node == 2 * parent + 1:
                high = min(high, threshold)
            else:
                low = max(low, threshold)
        node = parent
    return low, high


@leaf_kernel
def _fraction(tree: int, node: int, draw: int) -> float:
    """A hash from 0 to 1: the fractional part of a multiple of the golden ratio, twice."""
    place = (tree * SPLITS + node) * 2.0 + draw + 1.0
    product = place * _GOLDEN
    product = (product - int(product)) * 9973.0 * _GOLDEN
    return float(product - int(product))
