"""Aligns the values of members to vectors, in buckets of event time that the members' own times close.

Bucket k holds the times in ``[k interval, (k + 1) interval)``. It closes when every member has sent a value
of a later bucket, or when the newest member is more than ``late_buckets`` buckets ahead. Values of a closed
bucket are late: they are counted and dropped. Values of one bucket can arrive in any order and any number of
times, because a member's value in a bucket is its last (lowest, highest) one. So a repeated value changes
nothing, and alignment needs no offsets. The vectors depend on the order of values of *different* members only
if one of them is late.
"""

from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Bools, Floats, Integers
from anomaly_stream.kernels.jit import kernel

WAIT, LAST, OMIT = range(3)
AGGREGATE_LAST, AGGREGATE_MIN, AGGREGATE_MAX = range(3)
NEVER = -(2**62)
"""This number means that there is no bucket yet."""
LEAST_PRESENT = 2
"""In a vector, at least this many members have a value."""

_NEXT, _CLOSED, LATE, INCOMPLETE, NEWEST = range(5)
HEAD = 5
"""``OpenBuckets.head`` has these slots: the next bucket to close, whether any was closed, the number of late
values and of skipped buckets (both since they were last read), the newest bucket of any member."""


class OpenBuckets(NamedTuple):
    """The open buckets of an instance of m members; bucket k is at ``k % open``."""

    head: Integers
    newest: Integers
    """(m,): the newest bucket for which each member has sent a value."""
    last_time: Floats
    """(m,): time in seconds, and value, of each member in its last closed bucket with a value."""
    last_value: Floats
    time: Floats
    """(open, m): the value of each member so far; a time of minus infinity means none."""
    value: Floats
    learn: Integers


class AlignmentRules(NamedTuple):
    """How the values of a group are aligned."""

    interval: float
    late_buckets: int
    missing: int
    tolerance: float
    ttl: float
    aggregates: Integers
    """(m,)"""


class Vectors(NamedTuple):
    """Buffers for closed buckets: at least one more than can be open."""

    bucket: Integers
    value: Floats
    """(room, m)"""
    present: Bools
    learn: Bools
    """(room,): whether the vector is only learned."""


def open_bucket_count(late_buckets: int) -> int:
    """Maximum number of open buckets."""
    return late_buckets + 2


def bucket_slots(members: int, late_buckets: int) -> int:
    """Length of ``OpenBuckets`` in slots of 8 bytes."""
    return HEAD + 3 * members + 3 * members * open_bucket_count(late_buckets)


def buckets_over(slots: Integers, members: int, late_buckets: int) -> OpenBuckets:
    """``OpenBuckets`` as views of ``slots``."""
    open_count = open_bucket_count(late_buckets)
    sizes = [HEAD, members, members, members, *[members * open_count] * 3]
    parts = np.split(slots, np.cumsum(sizes)[:-1])
    shape = (open_count, members)
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
    """Room for ``room`` vectors."""
    return Vectors(
        np.zeros(room, np.int64),
        np.zeros((room, members)),
        np.zeros((room, members), np.bool_),
        np.zeros(room, np.bool_),
    )


def clear(buckets: OpenBuckets) -> None:
    """Reset to empty buckets."""
    buckets.head[:] = 0
    buckets.head[NEWEST] = NEVER
    buckets.newest[:] = NEVER
    buckets.last_time[:] = -np.inf
    buckets.last_value[:] = 0.0
    buckets.time[:] = -np.inf
    buckets.value[:] = 0.0
    buckets.learn[:] = 0


@kernel
def align(
    buckets: OpenBuckets,
    rules: AlignmentRules,
    members: Integers,
    learn: NDArray[np.uint32],
    times: Floats,
    values: Floats,
    begin: int,
    out: Vectors,
) -> tuple[int, int, bool]:
    """Add values from ``begin`` on. Returns where it stopped, the number of vectors, and whether to restart.

    It stops early if ``out`` may not have room for the vectors that the next value closes, and before a value
    that is ``ttl`` seconds or more after the newest one: there the instance must restart. Values of member -1
    are skipped.
    """
    slots = len(buckets.time)
    filled = 0
    for i in range(begin, len(members)):
        if members[i] < 0:
            continue
        if filled + slots >= len(out.bucket):
            return i, filled, False
        bucket = floor(times[i] / rules.interval)
        if _is_stale(buckets, rules, times[i]):
            return i, filled, True
        if buckets.head[NEWEST] == NEVER:
            buckets.head[_NEXT] = bucket
        if bucket < buckets.head[_NEXT]:
            if buckets.head[_CLOSED] or buckets.head[NEWEST] - bucket >= slots:
                buckets.head[LATE] += 1
                continue
            buckets.head[_NEXT] = bucket
        while bucket - buckets.head[_NEXT] >= slots:
            filled = _close(buckets, rules, out, filled)
            if bucket - buckets.head[_NEXT] >= slots and buckets.head[_NEXT] > buckets.head[NEWEST]:
                buckets.head[_NEXT] = bucket - slots + 1
        _keep(buckets, rules.aggregates[members[i]], bucket, members[i], times[i], values[i], learn[i])
        while _is_due(buckets, rules):
            filled = _close(buckets, rules, out, filled)
    return len(members), filled, False


@kernel
def _is_stale(buckets: OpenBuckets, rules: AlignmentRules, time: float) -> bool:
    """Whether the instance was silent for so long that it must restart."""
    if rules.ttl <= 0.0 or buckets.head[NEWEST] == NEVER:
        return False
    return bool(time - (buckets.head[NEWEST] + 1) * rules.interval >= rules.ttl)


@kernel
def _is_due(buckets: OpenBuckets, rules: AlignmentRules) -> bool:
    """Whether the next bucket closes."""
    bucket = buckets.head[_NEXT]
    if buckets.head[NEWEST] - bucket > rules.late_buckets:
        return True
    return bool(buckets.newest.min() > bucket)


@kernel
def _keep(
    buckets: OpenBuckets, aggregate: int, bucket: int, member: int, time: float, value: float, learn: int
) -> None:
    """Make this the value of its member in its bucket, if the aggregate prefers it."""
    buckets.newest[member] = max(buckets.newest[member], bucket)
    buckets.head[NEWEST] = max(buckets.head[NEWEST], bucket)
    slot = bucket % len(buckets.time)
    held_time, held = buckets.time[slot, member], buckets.value[slot, member]
    if held_time == -np.inf:
        better = True
    elif aggregate == AGGREGATE_MIN:
        better = value < held or (value == held and time > held_time)
    elif aggregate == AGGREGATE_MAX:
        better = value > held or (value == held and time > held_time)
    else:
        better = time > held_time or (time == held_time and value > held)
    if better:
        buckets.time[slot, member] = time
        buckets.value[slot, member] = value
    buckets.learn[slot, member] |= learn & 1


@kernel
def _close(buckets: OpenBuckets, rules: AlignmentRules, out: Vectors, filled: int) -> int:
    """Close the next bucket, which gives a vector if it is complete enough. Returns the number of vectors."""
    bucket = buckets.head[_NEXT]
    buckets.head[_NEXT] = bucket + 1
    buckets.head[_CLOSED] = 1
    slot = bucket % len(buckets.time)
    members = len(buckets.newest)
    sent = 0
    present = 0
    out.learn[filled] = False
    for member in range(members):
        fresh = buckets.time[slot, member] > -np.inf
        if fresh:
            sent += 1
            buckets.last_time[member] = buckets.time[slot, member]
            buckets.last_value[member] = buckets.value[slot, member]
            out.learn[filled] |= buckets.learn[slot, member] != 0
        has_value = fresh or (
            rules.missing == LAST
            and (bucket + 1) * rules.interval - buckets.last_time[member] <= rules.tolerance
        )
        present += has_value
        out.present[filled, member] = has_value
        out.value[filled, member] = buckets.last_value[member] if has_value else 0.0
        buckets.time[slot, member] = -np.inf
        buckets.value[slot, member] = 0.0
        buckets.learn[slot, member] = 0
    if sent == 0:
        return filled
    if present < LEAST_PRESENT or (rules.missing == WAIT and sent < members):
        buckets.head[INCOMPLETE] += 1
        return filled
    out.bucket[filled] = bucket
    return filled + 1
