"""Whether a value may move the buckets of its instance, so that one wild time closes none.

A value more than ``late_buckets`` and ``FAR`` usual steps ahead of the newest bucket is a *claim*: it is
dropped. So is a value more than ``late_buckets`` and ``FAR`` buckets behind it, in the gap over which the
buckets once jumped. Values within ``lateness`` are never claims. The buckets follow the claims once those of
two members agree and have risen ``AGREEING`` times, without a value in between that continues the old
buckets. Back over the gap they must have risen more often than buckets were closed since the jump.
``engine.scoring.clock`` does the same for one series.

The usual step is that between closed buckets, which do not depend on the order in which the values of
different members arrive; so neither does the state of an instance, unless a value is late or a claim.
"""

from anomaly_stream.groups.buckets import (
    BEFORE,
    CLAIM,
    CLOSED,
    CLOSED_SINCE,
    FILLED,
    LEAST_PRESENT,
    NEVER,
    NEWEST,
    NEXT,
    PACE,
    RISES,
    SINCE,
    AlignmentRules,
    OpenBuckets,
    empty,
)
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.jit import kernel

FAR = 20
"""Members may skip this many usual steps at once: some missing values are no jump of the clock."""
AGREEING = 3
"""Claims are followed once they have risen this often: a wild scrape of all members, or two, moves
nothing."""
SETTLED = 10_000
"""A jump that this many buckets were closed after is final, so that values sent again cannot undo it."""
KNOWN_GAP = 2
"""After a gap that was followed, a gap up to this many times as long passes at once."""
_UNIT = 1024
"""The usual step is counted in parts of a bucket, of which it loses this share with each step."""


@kernel
def is_believed(buckets: OpenBuckets, rules: AlignmentRules, member: int, bucket: int) -> bool:
    """Whether a value continues the buckets, is late within them, or completes claims that agree.

    In the last case the buckets have jumped, and are ready to take it.
    """
    head = buckets.head
    if head[NEWEST] == NEVER:
        return True
    step = bucket - head[NEWEST]
    reach = rules.late_buckets + FAR * max(_UNIT, head[PACE]) // _UNIT
    if head[PACE] == 0 and step > 0:
        if step > reach:
            head[SINCE] = bucket
            head[CLOSED_SINCE] = 0
        return True
    back = step < -rules.late_buckets - FAR and head[BEFORE] < bucket < head[SINCE]
    if step <= reach and not back:
        if bucket >= head[NEXT] and head[CLAIM] != NEVER:
            _drop_claims(buckets)
        return True
    needed = max(AGREEING, head[CLOSED_SINCE]) if back else AGREEING
    if not _agree(buckets, member, bucket, reach, needed):
        return False
    _drop_claims(buckets)
    _jump(buckets, bucket, back)
    return True


@kernel
def advance(head: Integers, bucket: int) -> None:
    """Take the bucket of a believed value as the newest one, if it is."""
    if head[NEWEST] == NEVER:
        head[SINCE] = bucket
    head[NEWEST] = max(head[NEWEST], bucket)


@kernel
def learn_pace(head: Integers, rules: AlignmentRules, bucket: int) -> None:
    """Learn the step to a closed bucket with a value."""
    step = (bucket - head[FILLED]) * _UNIT
    if head[FILLED] == NEVER:
        if head[SINCE] != NEVER and head[SINCE] - bucket <= rules.late_buckets + 1:
            head[SINCE] = bucket  # the first value may have been that of a later bucket
    elif head[PACE] == 0:
        head[PACE] = step
    else:
        head[PACE] = max(min(step, 2 * head[PACE]), head[PACE] - head[PACE] // _UNIT, _UNIT)
    head[FILLED] = bucket


@kernel
def count_closed(head: Integers) -> None:
    """Count a closed bucket towards the present time of the instance."""
    if head[SINCE] == NEVER:
        return
    head[CLOSED_SINCE] += 1
    if head[CLOSED_SINCE] >= SETTLED:
        head[CLOSED_SINCE] = 0
        head[BEFORE] = head[SINCE] = NEVER


@kernel
def _agree(buckets: OpenBuckets, member: int, bucket: int, reach: int, needed: int) -> bool:
    """Take a claim; True if claims have risen ``needed`` times and another member agrees."""
    head = buckets.head
    if head[CLAIM] == NEVER or abs(bucket - head[CLAIM]) > reach:
        _drop_claims(buckets)
        head[CLAIM] = bucket
    elif bucket > head[CLAIM]:
        head[CLAIM] = bucket
        head[RISES] += 1
    buckets.claim[member] = bucket
    agreeing = 0
    for claim in buckets.claim:
        if claim != NEVER and abs(claim - bucket) <= reach:
            agreeing += 1
    return bool(head[RISES] >= needed and agreeing >= LEAST_PRESENT)


@kernel
def _drop_claims(buckets: OpenBuckets) -> None:
    buckets.head[CLAIM] = NEVER
    buckets.head[RISES] = 0
    buckets.claim[:] = NEVER


@kernel
def _jump(buckets: OpenBuckets, bucket: int, back: bool) -> None:
    head = buckets.head
    if back:
        empty(buckets)
        head[NEWEST] = head[FILLED] = NEVER
        head[CLOSED] = 0
        head[PACE] = 0
    else:
        head[BEFORE] = head[NEWEST]
        head[SINCE] = bucket
        head[PACE] = max(head[PACE], (bucket - head[NEWEST]) * _UNIT * KNOWN_GAP // FAR)
    head[CLOSED_SINCE] = 0
