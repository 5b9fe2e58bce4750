"""Which pairs of members are watched.

All pairs are watched if there are at most ``MOST``, that is, up to eleven members. Otherwise those with the
strongest correlation over the first ``warm_up`` vectors are chosen, once. A pair without a correlation cannot
lose it, so the pairs with the weakest correlation are left out.

State: number of vectors; the watched pairs as ``first * PLACE + second``; with more than ``MOST`` candidates,
the mean product of each.
"""

from math import isnan
from typing import NamedTuple

from anomaly_stream.groups.detectors.parts.members import rate
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

MOST = 64
"""At most this many pairs are watched."""
PLACE = 1024.0
"""It is above the largest number of members, so ``first * PLACE + second`` identifies a pair."""
_SPAN = 1000.0
_TAKEN = -1.0
POWER = 6.0
"""The contribution of a deviation is this power of it."""


class PairDeviation(NamedTuple):
    """A warm pair of members, by number, in one vector."""

    first: int
    second: int
    deviation: float
    """Its ``z``."""
    expected: float
    """Its usual correlation."""
    seen: float
    """Its present correlation."""


def shared(parts: Floats, pairs: list[PairDeviation]) -> Floats:
    """``parts`` (m,) with half of each pair's contribution added to either member."""
    for pair in pairs:
        half = 0.5 * abs(pair.deviation) ** POWER
        parts[pair.first] += half
        parts[pair.second] += half
    return parts


@leaf_kernel
def candidate_count(members: int) -> int:
    """Number of pairs of members."""
    return members * (members - 1) // 2


@leaf_kernel
def pair_count(members: int) -> int:
    """Number of watched pairs."""
    return min(MOST, candidate_count(members))


@leaf_kernel
def words(members: int) -> int:
    """Length of the state."""
    candidates = candidate_count(members)
    return 1 + pair_count(members) + (candidates if candidates > MOST else 0)


@leaf_kernel
def first_of(pair: float) -> int:
    """The first member of a pair."""
    return int(pair // PLACE)


@leaf_kernel
def second_of(pair: float) -> int:
    """The second member of a pair."""
    return int(pair - PLACE * (pair // PLACE))


@leaf_kernel
def chosen(state: Floats, at: int, members: int, warm_up: float) -> bool:
    """Whether the pairs are chosen; the state begins at ``at``."""
    if candidate_count(members) <= MOST:
        return bool(state[at] > 0.0)
    return bool(state[at] >= warm_up)


@leaf_kernel
def learn(state: Floats, at: int, members: int, work: Floats, warm_up: float) -> None:
    """Count a vector, whose innovations begin at ``work[0]``, and choose the pairs after ``warm_up``."""
    if chosen(state, at, members, warm_up):
        return
    state[at] += 1.0
    listed = at + 1
    if candidate_count(members) <= MOST:
        for first in range(members):
            for second in range(first + 1, members):
                state[listed] = first * PLACE + second
                listed += 1
        return
    means = listed + pair_count(members)
    weight = rate(_SPAN, state[at])
    candidate = means
    for first in range(members):
        for second in range(first + 1, members):
            product = work[first] * work[second]
            if not isnan(product):
                state[candidate] += weight * (product - state[candidate])
            candidate += 1
    if state[at] >= warm_up:
        _choose(state, listed, means, members)


@leaf_kernel
def _choose(state: Floats, listed: int, means: int, members: int) -> None:
    """List the strongest pairs; of equally strong ones the first."""
    for place in range(listed, means):
        strongest, best = _TAKEN, 0
        candidate = means
        for first in range(members):
            for second in range(first + 1, members):
                strength = abs(state[candidate]) if state[candidate] < 2.0 * PLACE else _TAKEN
                if strength > strongest:
                    strongest, best = strength, candidate
                    state[place] = first * PLACE + second
                candidate += 1
        state[best] = 2.0 * PLACE
