"""Aligns the values of members to vectors, in buckets of event time that the members' own times close.

Bucket k holds the times in ``[k interval, (k + 1) interval)``. It closes when every member has sent a value
of a later bucket, or when the newest member is more than ``late_buckets`` buckets ahead. Values of a closed
bucket are late: they are counted and dropped. Values of one bucket can arrive in any order and any number of
times, because a member's value in a bucket is its last (lowest, highest) one. So a repeated value changes
nothing, and alignment needs no offsets. The vectors depend on the order of values of *different* members only
if one of them is late.
"""

from math import floor

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.groups.bucket_clock import advance, count_closed, is_believed, learn_pace
from anomaly_stream.groups.buckets import (
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    AHEAD,
    CLOSED,
    INCOMPLETE,
    LAST,
    LATE,
    LEAST_PRESENT,
    NEVER,
    NEWEST,
    NEXT,
    WAIT,
    AlignmentRules,
    OpenBuckets,
    Vectors,
)
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.kernels.jit import kernel


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
        if not is_believed(buckets, rules, members[i], bucket):
            buckets.head[AHEAD if bucket > buckets.head[NEWEST] else LATE] += 1
            continue
        if _is_stale(buckets, rules, times[i]):
            return i, filled, True
        if buckets.head[NEWEST] == NEVER:
            buckets.head[NEXT] = bucket
        if bucket < buckets.head[NEXT]:
            if buckets.head[CLOSED] or buckets.head[NEWEST] - bucket >= slots:
                buckets.head[LATE] += 1
                continue
            buckets.head[NEXT] = bucket
        while bucket - buckets.head[NEXT] >= slots:
            filled = _close(buckets, rules, out, filled)
            if bucket - buckets.head[NEXT] >= slots and buckets.head[NEXT] > buckets.head[NEWEST]:
                buckets.head[NEXT] = bucket - slots + 1
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
    bucket = buckets.head[NEXT]
    if buckets.head[NEWEST] - bucket > rules.late_buckets:
        return True
    return bool(buckets.newest.min() > bucket)


@kernel
def _keep(
    buckets: OpenBuckets, aggregate: int, bucket: int, member: int, time: float, value: float, learn: int
) -> None:
    """Make this the value of its member in its bucket, if the aggregate prefers it."""
    buckets.newest[member] = max(buckets.newest[member], bucket)
    advance(buckets.head, bucket)
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
    bucket = buckets.head[NEXT]
    buckets.head[NEXT] = bucket + 1
    buckets.head[CLOSED] = 1
    if bucket <= buckets.head[NEWEST]:
        count_closed(buckets.head)
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
    learn_pace(buckets.head, rules, bucket)
    if present < LEAST_PRESENT or (rules.missing == WAIT and sent < members):
        buckets.head[INCOMPLETE] += 1
        return filled
    out.bucket[filled] = bucket
    return filled + 1
