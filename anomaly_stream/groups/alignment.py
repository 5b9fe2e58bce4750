"""Members to vectors: values are put into ticks of event time, and a tick closes by its members' watermarks.

A tick is ``[k * interval, (k + 1) * interval)``. It closes when every member has sent something of a later
tick, or when the newest of them is more than ``late_ticks`` ticks ahead; what comes for it afterwards is
late, and dropped. Values of one tick may come in any order and any number of times: what stands for a member
is its last (lowest, highest) value. So alignment needs no offsets to be exact: a value that comes again
changes nothing. The vectors depend on the order in which values of *different* members come only where one of
them is late.
"""

from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

WAIT, LAST, OMIT = range(3)
AGGREGATE_LAST, AGGREGATE_MIN, AGGREGATE_MAX = range(3)
NEVER = -(2**62)
"""In place of a tick: there was none yet."""
LEAST_PRESENT = 2
"""Members that a vector needs."""

_NEXT, _CLOSED, LATE, INCOMPLETE, NEWEST = range(5)
HEAD = 5
"""Words of ``OpenBuckets.head``: the next tick to close, whether any was closed, values that were late and
ticks that were passed over (both since the last reading), the newest tick of all members."""


class OpenBuckets(NamedTuple):
    """The open ticks of an instance of m members; slot ``k % slots`` holds tick k."""

    head: NDArray[np.int64]
    newest: NDArray[np.int64]
    """(m,): the newest tick that each member has sent something of."""
    last_time: NDArray[np.float64]
    """(m,): of each member the value that stood for it in its last closed tick; seconds."""
    last_value: NDArray[np.float64]
    time: NDArray[np.float64]
    """(slots, m): what stands for each member so far; a time of minus infinity: nothing."""
    value: NDArray[np.float64]
    learn: NDArray[np.int64]


class AlignmentRules(NamedTuple):
    """How a group's values are aligned."""

    interval: float
    late_ticks: int
    missing: int
    tolerance: float
    ttl: float
    aggregates: NDArray[np.int64]
    """(m,)"""


class Vectors(NamedTuple):
    """Room for closed ticks; at least one more than the slots of the ticks."""

    tick: NDArray[np.int64]
    value: NDArray[np.float64]
    """(room, m)"""
    present: NDArray[np.bool_]
    learn: NDArray[np.bool_]
    """(room,): one of its values only teaches."""


def slot_count(late_ticks: int) -> int:
    """Buckets that may be open at once."""
    return late_ticks + 2


def tick_words(members: int, late_ticks: int) -> int:
    """Words of 8 bytes that ``OpenBuckets`` take."""
    return HEAD + 3 * members + 3 * members * slot_count(late_ticks)


def ticks_over(words: NDArray[np.int64], members: int, late_ticks: int) -> OpenBuckets:
    """``OpenBuckets`` as views of ``words``."""
    slots = slot_count(late_ticks)
    sizes = [HEAD, members, members, members, members * slots, members * slots, members * slots]
    parts = np.split(words, np.cumsum(sizes)[:-1])
    shape = (slots, members)
    return OpenBuckets(
        parts[0],
        parts[1],
        parts[2].view(np.float64),
        parts[3].view(np.float64),
        parts[4].view(np.float64).reshape(shape),
        parts[5].view(np.float64).reshape(shape),
        parts[6].reshape(shape),
    )


def vector_room(room: int, members: int) -> Vectors:
    """Room for so many vectors."""
    return Vectors(
        np.zeros(room, np.int64),
        np.zeros((room, members)),
        np.zeros((room, members), np.bool_),
        np.zeros(room, np.bool_),
    )


def clear(ticks: OpenBuckets) -> None:
    """Begin anew."""
    ticks.head[:] = 0
    ticks.head[NEWEST] = NEVER
    ticks.newest[:] = NEVER
    ticks.last_time[:] = -np.inf
    ticks.last_value[:] = 0.0
    ticks.time[:] = -np.inf
    ticks.value[:] = 0.0
    ticks.learn[:] = 0


@kernel
def align(
    ticks: OpenBuckets,
    rules: AlignmentRules,
    members: NDArray[np.int64],
    learn: NDArray[np.uint32],
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    begin: int,
    out: Vectors,
) -> tuple[int, int, bool]:
    """Take values from ``begin`` on: where it stopped, how many vectors it closed, whether it stopped at a
    restart.

    It stops early where ``out`` might not have room for what the next value closes, and before a value that
    comes ``ttl`` seconds or more after the newest: the instance has to begin anew there. A member below 0 is
    passed over.
    """
    slots = len(ticks.time)
    filled = 0
    for i in range(begin, len(members)):
        if members[i] < 0:
            continue
        if filled + slots >= len(out.tick):
            return i, filled, False
        tick = floor(times[i] / rules.interval)
        if _is_stale(ticks, rules, times[i]):
            return i, filled, True
        if ticks.head[NEWEST] == NEVER:
            ticks.head[_NEXT] = tick
        if tick < ticks.head[_NEXT]:
            if ticks.head[_CLOSED] or ticks.head[NEWEST] - tick >= slots:
                ticks.head[LATE] += 1
                continue
            ticks.head[_NEXT] = tick
        while tick - ticks.head[_NEXT] >= slots:
            filled = _close(ticks, rules, out, filled)
            if tick - ticks.head[_NEXT] >= slots and ticks.head[_NEXT] > ticks.head[NEWEST]:
                ticks.head[_NEXT] = tick - slots + 1
        _keep(ticks, rules.aggregates[members[i]], tick, members[i], times[i], values[i], learn[i])
        while _is_due(ticks, rules):
            filled = _close(ticks, rules, out, filled)
    return len(members), filled, False


@kernel
def _is_stale(ticks: OpenBuckets, rules: AlignmentRules, time: float) -> bool:
    """Whether the instance was silent for so long that nothing of it counts any more."""
    if rules.ttl <= 0.0 or ticks.head[NEWEST] == NEVER:
        return False
    return bool(time - (ticks.head[NEWEST] + 1) * rules.interval >= rules.ttl)


@kernel
def _is_due(ticks: OpenBuckets, rules: AlignmentRules) -> bool:
    """Whether the next tick closes."""
    tick = ticks.head[_NEXT]
    if ticks.head[NEWEST] - tick > rules.late_ticks:
        return True
    return bool(ticks.newest.min() > tick)


@kernel
def _keep(
    ticks: OpenBuckets, aggregate: int, tick: int, member: int, time: float, value: float, learn: int
) -> None:
    """Have a value stand for its member in its tick, if it is the one that shall."""
    ticks.newest[member] = max(ticks.newest[member], tick)
    ticks.head[NEWEST] = max(ticks.head[NEWEST], tick)
    slot = tick % len(ticks.time)
    held_time, held = ticks.time[slot, member], ticks.value[slot, member]
    if held_time == -np.inf:
        better = True
    elif aggregate == AGGREGATE_MIN:
        better = value < held or (value == held and time > held_time)
    elif aggregate == AGGREGATE_MAX:
        better = value > held or (value == held and time > held_time)
    else:
        better = time > held_time or (time == held_time and value > held)
    if better:
        ticks.time[slot, member] = time
        ticks.value[slot, member] = value
    ticks.learn[slot, member] |= learn & 1


@kernel
def _close(ticks: OpenBuckets, rules: AlignmentRules, out: Vectors, filled: int) -> int:
    """Close the next tick; a vector comes of it where it is complete enough. Returns how many there are."""
    tick = ticks.head[_NEXT]
    ticks.head[_NEXT] = tick + 1
    ticks.head[_CLOSED] = 1
    slot = tick % len(ticks.time)
    members = len(ticks.newest)
    sent = 0
    present = 0
    out.learn[filled] = False
    for member in range(members):
        fresh = ticks.time[slot, member] > -np.inf
        if fresh:
            sent += 1
            ticks.last_time[member] = ticks.time[slot, member]
            ticks.last_value[member] = ticks.value[slot, member]
            out.learn[filled] |= ticks.learn[slot, member] != 0
        stands = fresh or (
            rules.missing == LAST and (tick + 1) * rules.interval - ticks.last_time[member] <= rules.tolerance
        )
        present += stands
        out.present[filled, member] = stands
        out.value[filled, member] = ticks.last_value[member] if stands else 0.0
        ticks.time[slot, member] = -np.inf
        ticks.value[slot, member] = 0.0
        ticks.learn[slot, member] = 0
    if sent == 0:
        return filled
    if present < LEAST_PRESENT or (rules.missing == WAIT and sent < members):
        ticks.head[INCOMPLETE] += 1
        return filled
    out.tick[filled] = tick
    return filled + 1
