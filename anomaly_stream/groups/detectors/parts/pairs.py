"""Which pairs of members are watched.

All of them while they are at most ``MOST``: up to eleven members. Of more members, those with the strongest
correlation over the group's first ``warm_up`` vectors; they are chosen once, and learned from then on.
A pair that was never related cannot break, so the weakest are what a bound leaves out best.

Words of memory: vectors counted; the pairs as ``first * PLACE + second``; where there are more than ``MOST``
candidates, the mean product of each.
"""

from math import isnan

from anomaly_stream.groups.detectors.parts.members import rate
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

MOST = 64
"""Pairs that are watched, however many members there are."""
PLACE = 1024.0
"""More than there are members."""
_SPAN = 1000.0
_TAKEN = -1.0


@leaf_kernel
def candidate_count(members: int) -> int:
    """Pairs that there are."""
    return members * (members - 1) // 2


@leaf_kernel
def pair_count(members: int) -> int:
    """Pairs that are watched."""
    return min(MOST, candidate_count(members))


@leaf_kernel
def words(members: int) -> int:
    """Of memory."""
    candidates = candidate_count(members)
    return 1 + pair_count(members) + (candidates if candidates > MOST else 0)


@leaf_kernel
def first_of(pair: float) -> int:
    """The member that comes first in a pair's word."""
    return int(pair // PLACE)


@leaf_kernel
def second_of(pair: float) -> int:
    """The other one."""
    return int(pair - PLACE * (pair // PLACE))


@leaf_kernel
def chosen(memory: Floats, at: int, members: int, warm_up: float) -> bool:
    """Whether the pairs are known. ``at``: where the words begin."""
    if candidate_count(members) <= MOST:
        return bool(memory[at] > 0.0)
    return bool(memory[at] >= warm_up)


@leaf_kernel
def learn(memory: Floats, at: int, members: int, work: Floats, warm_up: float) -> None:
    """Count a vector, whose innovations begin ``work``; choose the pairs when it is time to."""
    if chosen(memory, at, members, warm_up):
        return
    memory[at] += 1.0
    listed = at + 1
    if candidate_count(members) <= MOST:
        for first in range(members):
            for second in range(first + 1, members):
                memory[listed] = first * PLACE + second
                listed += 1
        return
    means = listed + pair_count(members)
    weight = rate(_SPAN, memory[at])
    candidate = means
    for first in range(members):
        for second in range(first + 1, members):
            product = work[first] * work[second]
            if not isnan(product):
                memory[candidate] += weight * (product - memory[candidate])
            candidate += 1
    if memory[at] >= warm_up:
        _choose(memory, listed, means, members)


@leaf_kernel
def _choose(memory: Floats, listed: int, means: int, members: int) -> None:
    """List the strongest; of two that are as strong, the earlier one."""
    for place in range(listed, means):
        strongest, best = _TAKEN, 0
        candidate = means
        for first in range(members):
            for second in range(first + 1, members):
                strength = abs(memory[candidate]) if memory[candidate] < 2.0 * PLACE else _TAKEN
                if strength > strongest:
                    strongest, best = strength, candidate
                    memory[place] = first * PLACE + second
                candidate += 1
        memory[best] = 2.0 * PLACE
