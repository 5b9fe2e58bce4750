"""Half-space trees (Tan, Ting and Liu 2011, IJCAI): how empty is the region where this vector lies.

Ten trees halve the members' ranges at random, five times; each node counts the vectors of the last full
window of 250. A vector's mass is the sum over its path of ``mass * 2**depth``, and ends where a node holds
less than a tenth of the window: river's ``HalfSpaceTrees``, whose trees this gives the same scores as. What
differs is around it: members are brought into 0 to 1 by ``0.5 + (x - mean) / 8 sd`` (running, over 1000
vectors), the splits come from a hash of their place in place of a random generator, and the logarithm of the
mass is held against its own mean and standard deviation, since how much mass is normal depends on the group.
At a node whose member is missing the path goes on to the child with the larger count: river's rule.

It learns all vectors, as its authors do: a lasting change is normal two windows later.

Memory: vectors so far; vectors in this window; windows filled; mean and variance of the logarithm; two words
a member (mean, mean square); then a tree after another: its splits (member + threshold, which lies between 0
and 1), its nodes' counts (``PACK`` times that of the last window, plus that of this one). Nodes are numbered
as in a heap.
"""

from math import isnan, log, sqrt

from anomaly_stream.groups.detectors.parts.arrays import value_of
from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

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
UNIT, INDEX = 1.6, 6.0
"""Of the tail of the statistic on quiet groups (``calibration``)."""


@leaf_kernel
def words(members: int) -> int:
    """Of memory."""
    return _HEAD + 2 * members + _TREE * TREES


@leaf_kernel
def work_words(members: int) -> int:
    """Of work."""
    return members + 1


@leaf_kernel
def places(at: int) -> int:
    """Where the members' running means begin; each is followed by its mean square."""
    return at + _HEAD


@leaf_kernel
def tree_at(at: int, members: int, tree: int) -> int:
    """Where a tree's splits begin; its nodes' counts follow them."""
    return at + _HEAD + 2 * members + _TREE * tree


@leaf_kernel
def evaluate(
    memory: Floats,
    at: int,
    members: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    work_at: int,
) -> float:
    """How many standard deviations the logarithm of the mass is below its mean, at least 0.

    Work: the members' places in 0 to 1, NaN where missing; then the logarithm.
    """
    for member in range(members):
        value = value_of(vector, present, member)
        place = at + _HEAD + 2 * member
        if not isnan(value):
            spread = sqrt(memory[place + 1])
            value = (value - memory[place]) / (2.0 * _REACH * spread) if spread > 0.0 else 0.0
            value = min(1.0, max(0.0, 0.5 + value))
        work[work_at + member] = value
    logarithm = log(1.0 + mass(memory, at, members, work, work_at))
    work[work_at + members] = logarithm
    if memory[at + FILLED] < 2.0 or memory[at + _COUNT] < warm_up:
        return 0.0
    deviation = max(_LEAST_DEVIATION, sqrt(memory[at + _VARIANCE]))
    return float(max(0.0, (memory[at + _MEAN] - logarithm) / deviation))


@leaf_kernel
def mass(memory: Floats, at: int, members: int, places: Floats, first: int) -> float:
    """Of the region, in all trees, after the last full window. The members' places begin at ``first``."""
    total = 0.0
    if memory[at + FILLED] == 0.0:
        return total
    for tree in range(TREES):
        splits = tree_at(at, members, tree)
        node, weight = 0, 1.0
        for _ in range(HEIGHT + 1):
            last = memory[splits + SPLITS + node] // PACK
            total += last * weight
            if last < _LIMIT or node >= SPLITS:
                break
            node = _child(memory, splits, node, places, first)
            weight *= 2.0
    return total


@leaf_kernel
def _child(memory: Floats, splits: int, node: int, places: Floats, first: int) -> int:
    """Where the path goes on."""
    split = memory[splits + node]
    place = places[first + int(split)]
    left = 2 * node + 1
    if isnan(place):
        counts = splits + SPLITS + left
        right_is_larger = memory[counts] % PACK < memory[counts + 1] % PACK
        return left + 1 if right_is_larger else left
    return left if place < split - int(split) else left + 1


@leaf_kernel
def learn(
    memory: Floats,
    at: int,
    members: int,
    vector: Floats,
    present: Bools,
    work: Floats,
    work_at: int,
) -> None:
    """Take in the vector that ``evaluate`` has just seen; ``work`` is as it was left."""
    if memory[at + _COUNT] == 0.0:
        for tree in range(TREES):
            _grow(memory, tree_at(at, members, tree), members, tree)
    memory[at + _COUNT] += 1.0
    for tree in range(TREES):
        splits = tree_at(at, members, tree)
        node = 0
        for _ in range(HEIGHT):
            memory[splits + SPLITS + node] += 1.0
            node = _child(memory, splits, node, work, work_at)
        memory[splits + SPLITS + node] += 1.0
    if memory[at + FILLED] > 0.0:
        _learn_logarithm(memory, at, work[work_at + members])
    memory[at + FILL] += 1.0
    if memory[at + FILL] == WINDOW:
        memory[at + FILL] = 0.0
        memory[at + FILLED] += 1.0
        for tree in range(TREES):
            counts = tree_at(at, members, tree) + SPLITS
            for node in range(NODES):
                memory[counts + node] = PACK * (memory[counts + node] % PACK)
    for member in range(members):
        value = value_of(vector, present, member)
        if not isnan(value):
            _learn_place(memory, at + _HEAD + 2 * member, memory[at + _COUNT], value)


@leaf_kernel
def _learn_place(memory: Floats, at: int, count: float, value: float) -> None:
    """Running mean and variance of a member."""
    if memory[at] == 0.0 and memory[at + 1] == 0.0:
        memory[at] = value
    deviation = value - memory[at]
    weight = rate(_SPAN, count)
    memory[at] += weight * deviation
    memory[at + 1] += weight * (capped(deviation * deviation, memory[at + 1], count) - memory[at + 1])


@leaf_kernel
def _learn_logarithm(memory: Floats, at: int, logarithm: float) -> None:
    """Running mean and variance; counted from the first full window on."""
    count = memory[at + _COUNT] - WINDOW
    weight = rate(_SPAN, count)
    deviation = logarithm - memory[at + _MEAN] if count > 1.0 else 0.0
    if count <= 1.0:
        memory[at + _MEAN] = logarithm
    memory[at + _MEAN] += weight * deviation
    memory[at + _VARIANCE] += weight * (deviation * deviation - memory[at + _VARIANCE])


@leaf_kernel
def _grow(memory: Floats, splits: int, members: int, tree: int) -> None:
    """Draw the splits: a member, more likely the wider its range is here, and a place within that range.

    River's padded trees: the place keeps 15% of the range away from both ends.
    """
    for node in range(SPLITS):
        total = 0.0
        for member in range(members):
            low, high = _range(memory, splits, node, member)
            total += high - low
        drawn = total * _fraction(tree, node, 0)
        chosen = members - 1
        for member in range(members):
            low, high = _range(memory, splits, node, member)
            drawn -= high - low
            if drawn < 0.0:
                chosen = member
                break
        low, high = _range(memory, splits, node, chosen)
        width = (high - low) * (1.0 - 2.0 * _PADDING)
        memory[splits + node] = chosen + low + _PADDING * (high - low) + width * _fraction(tree, node, 1)


@leaf_kernel
def _range(memory: Floats, splits: int, node: int, member: int) -> tuple[float, float]:
    """What the splits above a node leave of a member's range."""
    low, high = 0.0, 1.0
    while node > 0:
        parent = (node - 1) // 2
        split = memory[splits + parent]
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
    """Between 0 and 1: the fractional part of a multiple of the golden ratio, stretched and cut again."""
    place = (tree * SPLITS + node) * 2.0 + draw + 1.0
    product = place * _GOLDEN
    product = (product - int(product)) * 9973.0 * _GOLDEN
    return float(product - int(product))
