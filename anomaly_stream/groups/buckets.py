"""The open buckets of an instance, the rules by which they are aligned, and buffers for closed ones."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats, Integers
from anomaly_stream.kernels.jit import kernel

WAIT, LAST, OMIT = range(3)
AGGREGATE_LAST, AGGREGATE_MIN, AGGREGATE_MAX = range(3)
NEVER = -(2**62)
"""This number means that there is no bucket yet."""
LEAST_PRESENT = 2
"""In a vector, at least this many members have a value."""

NEXT, CLOSED, LATE, AHEAD, INCOMPLETE, NEWEST, FILLED = range(7)
PACE, BEFORE, SINCE, CLOSED_SINCE, CLAIM, RISES = range(7, 13)
HEAD = 13
"""``OpenBuckets.head`` has these words: the next bucket to close, and whether any was closed; the numbers of
late values, of values ahead and of skipped buckets, since they were last read; the newest bucket of any
member; the last closed bucket with a value; and what ``bucket_clock`` keeps. That is the usual step from one
closed bucket with a value to the next, in 1/1024 of a bucket (0: not known); the buckets between which the
newest one jumped (``BEFORE`` is ``NEVER`` at the first value, ``SINCE`` once the jump is final), and how many
were closed since; the newest claim, and how often claims have risen."""


class OpenBuckets(NamedTuple):
    """The open buckets of an instance of m members; bucket k is at ``k % open``."""

    head: Integers
    newest: Integers
    """(m,): the newest bucket for which each member has sent a value."""
    claim: Integers
    """(m,): the newest claim of each member, or ``NEVER``."""
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


def bucket_words(members: int, late_buckets: int) -> int:
    """Length of ``OpenBuckets`` in words of 8 bytes."""
    return HEAD + 4 * members + 3 * members * open_bucket_count(late_buckets)


def buckets_over(words: Integers, members: int, late_buckets: int) -> OpenBuckets:
    """``OpenBuckets`` as views of ``words``."""
    open_count = open_bucket_count(late_buckets)
    sizes = [HEAD, *[members] * 4, *[members * open_count] * 3]
    parts = np.split(words, np.cumsum(sizes)[:-1])
    shape = (open_count, members)
    return OpenBuckets(
        parts[0],
        parts[1],
        parts[2],
        parts[3].view(np.float64),
        parts[4].view(np.float64),
        parts[5].view(np.float64).reshape(shape),
        parts[6].view(np.float64).reshape(shape),
        parts[7].reshape(shape),
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
    for word in (NEWEST, BEFORE, SINCE, CLAIM, FILLED):
        buckets.head[word] = NEVER
    buckets.claim[:] = NEVER
    empty(buckets)


@kernel
def empty(buckets: OpenBuckets) -> None:
    """Drop the values of all members."""
    buckets.newest[:] = NEVER
    buckets.last_time[:] = -np.inf
    buckets.last_value[:] = 0.0
    buckets.time[:] = -np.inf
    buckets.value[:] = 0.0
    buckets.learn[:] = 0
