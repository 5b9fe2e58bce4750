"""The kernel of alignment against a slow, obvious twin, and the guarantees of alignment."""

import itertools
import math
from collections.abc import Iterable, Iterator
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.groups.alignment import align
from anomaly_stream.groups.bucket_clock import SETTLED
from anomaly_stream.groups.buckets import (
    AHEAD,
    BEFORE,
    INCOMPLETE,
    LAST,
    LATE,
    NEWEST,
    OMIT,
    WAIT,
    AlignmentRules,
    OpenBuckets,
    bucket_words,
    buckets_over,
    clear,
    open_bucket_count,
    vector_room,
)

Value = tuple[int, float, float, bool]
"""Member, time, value, learn."""
Vector = tuple[int, tuple[float | None, ...], bool]


def rules(
    members: int, missing: int = OMIT, late: int = 3, interval: float = 10.0, ttl: float = 0.0
) -> AlignmentRules:
    return AlignmentRules(interval, late, missing, 2.5 * interval, ttl, np.arange(members) % 3)


def fresh(members: int, late: int) -> OpenBuckets:
    buckets = buckets_over(np.zeros(bucket_words(members, late), np.int64), members, late)
    clear(buckets)
    return buckets


def aligned(
    values: list[Value],
    asked: AlignmentRules,
    buckets: OpenBuckets | None = None,
    cuts: Iterator[int] | None = None,
) -> list[Vector]:
    """The vectors that the kernel makes, None for members that are missing."""
    members = len(asked.aggregates)
    buckets = fresh(members, asked.late_buckets) if buckets is None else buckets
    room = open_bucket_count(asked.late_buckets) + 1
    out = vector_room(room, members)
    numbers, times, numbers_of, learn = (
        np.array([value[i] for value in values], dtype)
        for i, dtype in ((0, np.int64), (1, np.float64), (2, np.float64), (3, np.uint32))
    )
    found: list[Vector] = []
    begin = 0
    while begin < len(values):
        end = len(values) if cuts is None else min(len(values), begin + next(cuts))
        stop, filled, restart = align(
            buckets, asked, numbers[:end], learn[:end], times[:end], numbers_of[:end], begin, out
        )
        for i in range(filled):
            present = out.present[i].tolist()
            row = tuple(v if p else None for v, p in zip(out.value[i].tolist(), present, strict=True))
            found.append((int(out.bucket[i]), row, bool(out.learn[i])))
        if restart:
            newest = buckets.head[NEWEST]
            clear(buckets)
            buckets.head[BEFORE] = newest
        begin = stop
    return found


class Twin:
    """A twin of the kernel, in the words of the contract."""

    def __init__(self, asked: AlignmentRules) -> None:
        self.asked = asked
        self.members = len(asked.aggregates)
        self.begin()

    def begin(self) -> None:
        self.steps: list[int] = []
        self.gap: tuple[float, float] | None = None
        self.closed_since = 0
        self.claims: list[tuple[int, int]] = []
        self.empty()

    def empty(self) -> None:
        self.next: int | None = None
        self.filled: int | None = None
        self.closed = False
        self.newest: dict[int, int] = {}
        self.sent: dict[int, dict[int, list[tuple[float, float, bool]]]] = {}
        self.last: dict[int, tuple[float, float]] = {}

    def take(self, value: Value) -> Iterator[Vector]:
        member, time, number, learn = value
        bucket = math.floor(time / self.asked.interval)
        if not self.believes(member, bucket):
            return
        top = max(self.newest.values(), default=None)
        if (
            self.asked.ttl > 0
            and top is not None
            and time - (top + 1) * self.asked.interval >= self.asked.ttl
        ):
            self.begin()
            self.gap = (top, math.inf)
            top = None
        if self.next is None:
            self.next = bucket
        if bucket < self.next:
            if self.closed or (top is not None and top - bucket >= self.asked.late_buckets + 2):
                return
            self.next = bucket
        while bucket - self.next >= self.asked.late_buckets + 2:
            yield from self.close()
        top = max(self.newest.values(), default=None)
        if top is None:
            self.gap = (self.gap[0] if self.gap else -math.inf, bucket)
        self.newest[member] = max(self.newest.get(member, bucket), bucket)
        self.sent.setdefault(bucket, {}).setdefault(member, []).append((time, number, learn))
        while self.is_due():
            yield from self.close()

    def pace(self) -> int:
        """The usual step, in 1/1024 of a bucket: the longest of late."""
        found = 0
        for step in self.steps:
            found = max(min(step, 2 * found), found - found // 1024, 1024) if found else step
        return found

    def believes(self, member: int, bucket: int) -> bool:
        top = max(self.newest.values(), default=None)
        if top is None:
            return True
        reach = self.asked.late_buckets + 20 * max(1024, self.pace()) // 1024
        if not self.steps and bucket > top:
            if bucket > top + reach:
                assert self.gap is not None
                self.gap, self.closed_since = (self.gap[0], bucket), 0
            return True
        within = self.gap is not None and self.gap[0] < bucket < self.gap[1]
        back = within and bucket < top - self.asked.late_buckets - 20
        if bucket <= top + reach and not back:
            assert self.next is not None
            if bucket >= self.next:
                self.claims = []
            return True
        if self.claims and abs(bucket - max(claimed for _, claimed in self.claims)) > reach:
            self.claims = []
        self.claims.append((member, bucket))
        highest = list(itertools.accumulate((claimed for _, claimed in self.claims), max))
        rises = sum(one < other for one, other in itertools.pairwise(highest))
        agreeing = [claimed for claimed in dict(self.claims).values() if abs(claimed - bucket) <= reach]
        if len(agreeing) < 2 or rises < max(3, self.closed_since if back else 0):
            return False
        self.claims = []
        if back:
            self.empty()
            self.steps = []
        else:
            self.gap = (top, bucket)
            self.steps = [max(self.pace(), 1024 * (bucket - top) * 2 // 20)]
        self.closed_since = 0
        return True

    def is_due(self) -> bool:
        assert self.next is not None
        if max(self.newest.values()) - self.next > self.asked.late_buckets:
            return True
        return len(self.newest) == self.members and min(self.newest.values()) > self.next

    def stands(self, member: int, sent: list[tuple[float, float, bool]]) -> tuple[float, float]:
        kind = self.asked.aggregates[member]
        if kind == 0:
            return max((time, value) for time, value, _ in sent)
        edge = (min if kind == 1 else max)(value for _, value, _ in sent)
        return max(time for time, value, _ in sent if value == edge), edge

    def close(self) -> Iterator[Vector]:
        assert self.next is not None
        bucket, self.next, self.closed = self.next, self.next + 1, True
        self.closed_since += self.gap is not None and bucket <= max(self.newest.values())
        sent = self.sent.pop(bucket, {})
        if sent:
            self.fill(bucket)
        for member, values in sent.items():
            self.last[member] = self.stands(member, values)
        row: list[float | None] = []
        for member in range(self.members):
            age = (bucket + 1) * self.asked.interval - self.last.get(member, (-math.inf, 0.0))[0]
            carried = self.asked.missing == LAST and age <= self.asked.tolerance
            row.append(self.last[member][1] if member in sent or carried else None)
        present = sum(value is not None for value in row)
        if not sent or present < 2 or (self.asked.missing == WAIT and len(sent) < self.members):
            return
        yield bucket, tuple(row), any(learn for values in sent.values() for _, _, learn in values)

    def fill(self, bucket: int) -> None:
        if self.filled is not None:
            self.steps.append(1024 * (bucket - self.filled))
        elif self.gap and self.gap[1] - bucket <= self.asked.late_buckets + 1:
            self.gap = (self.gap[0], bucket)
        self.filled = bucket


VALUES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 4000).map(lambda t: t / 10),
        st.integers(-3, 3).map(float),
        st.booleans(),
    ),
    max_size=60,
)


@given(values=VALUES, missing=st.sampled_from([WAIT, LAST, OMIT]), ttl=st.sampled_from([0.0, 60.0]))
@settings(max_examples=300, deadline=None)
def test_as_its_twin(values: list[Value], missing: int, ttl: float) -> None:
    asked = rules(3, missing, ttl=ttl)
    twin = Twin(asked)
    assert aligned(values, asked) == [vector for value in values for vector in twin.take(value)]


@given(values=VALUES, cuts=st.lists(st.integers(1, 5), min_size=60, max_size=60))
@settings(max_examples=100, deadline=None)
def test_cutting_the_input_changes_nothing(values: list[Value], cuts: list[int]) -> None:
    assert aligned(values, rules(3), cuts=iter(cuts)) == aligned(values, rules(3))


@given(data=st.data(), again=st.booleans())
@settings(max_examples=100, deadline=None)
def test_members_may_come_in_any_order_and_twice(data: st.DataObject, again: bool) -> None:
    """As long as none is later than the buckets that may be late, however their streams mix."""
    streams = [
        [(member, 10.0 * bucket + member, float(bucket * member), False) for bucket in range(20)]
        for member in range(3)
    ]
    for stream, missing in zip(streams, data.draw(st.permutations([(), (3, 4), (0, 19)])), strict=True):
        stream[:] = [value for bucket, value in enumerate(stream) if bucket not in missing]
    asked, in_order, as_mixed = rules(3, late=40), fresh(3, 40), fresh(3, 40)
    expected = aligned(sorted(itertools.chain(*streams), key=itemgetter(1)), asked, in_order)
    mixed: list[Value] = []
    left = [list(stream) for stream in streams]
    while any(left):
        stream = data.draw(st.sampled_from([stream for stream in left if stream]))
        mixed.append(stream.pop(0))
        if again and mixed:
            mixed.append(data.draw(st.sampled_from(mixed)))
    assert aligned(mixed, asked, as_mixed) == expected
    in_order.head[LATE] = as_mixed.head[LATE] = 0
    assert all((one == other).all() for one, other in zip(in_order, as_mixed, strict=True))
    assert len(expected) in (18, 19)


def test_a_silent_member_holds_buckets_up_no_longer_than_lateness() -> None:
    values = [(member, 10.0 * bucket, 1.0, False) for bucket in range(10) for member in (0, 1)]
    vectors = aligned(values, rules(3, late=3))
    assert [bucket for bucket, _, _ in vectors] == [0, 1, 2, 3, 4, 5]
    assert {row for _, row, _ in vectors} == {(1.0, 1.0, None)}


def test_what_comes_after_its_bucket_closed_is_late() -> None:
    buckets = fresh(2, 1)
    values = [(member, 10.0 * bucket, 1.0, False) for bucket in range(3) for member in (0, 1)]
    aligned([*values, (0, 5.0, 9.0, False)], rules(2, late=1), buckets)
    assert buckets.head[LATE] == 1


def test_waiting_groups_pass_incomplete_buckets_over() -> None:
    buckets = fresh(2, 1)
    values = [(0, 0.0, 1.0, False), (1, 1.0, 2.0, False), (0, 10.0, 3.0, False), (0, 20.0, 4.0, False)]
    values += [(1, 20.0, 5.0, False), (0, 30.0, 0.0, False), (1, 30.0, 0.0, False)]
    vectors = aligned(values, rules(2, WAIT, late=1), buckets)
    assert [(bucket, row) for bucket, row, _ in vectors] == [(0, (1.0, 2.0)), (2, (4.0, 5.0))]
    assert buckets.head[INCOMPLETE] == 1


def test_a_last_value_is_used_within_its_tolerance() -> None:
    values = [(1, 0.0, 7.0, False)] + [
        (member, 10.0 * bucket, 1.0, False) for bucket in range(12) for member in (0, 2)
    ]
    vectors = aligned(values, rules(3, LAST, late=1))
    assert [row[1] for _, row, _ in vectors][:4] == [7.0, 7.0, None, None]


def test_a_gap_of_years_costs_no_time_and_three_buckets() -> None:
    year = 365 * 86400.0
    after = [50 * year + 10.0 * n for n in range(6)]
    values = [(m, t, 1.0, False) for t in (0.0, 10.0, 20.0, *after) for m in (0, 1)]
    vectors = aligned(values, rules(2, interval=0.01))
    kept = [5000 * int(year) + 1000 * n for n in (3, 4)]
    assert [bucket for bucket, _, _ in vectors] == [0, 1000, 2000, *kept]


def paired(buckets: Iterable[int], member: int = -1, ahead: int = 0) -> list[Value]:
    """Values of members 0 to 2 in these buckets; ``member`` claims to be ``ahead`` buckets ahead."""
    return [
        (one, 10.0 * (bucket + (ahead if one == member else 0)), float(bucket), False)
        for bucket in buckets
        for one in range(3)
    ]


@pytest.mark.parametrize("ahead", [30, 10**4, 10**8])
@pytest.mark.parametrize("lasting", [1, 40])
def test_a_wild_clock_of_one_member_makes_no_other_late(ahead: int, lasting: int) -> None:
    buckets = fresh(3, 3)
    values = [
        *paired(range(50)),
        *paired(range(50, 50 + lasting), 1, ahead),
        *paired(range(50 + lasting, 120)),
    ]
    vectors = aligned(values, rules(3), buckets)
    assert [bucket for bucket, _, _ in vectors] == list(range(119))
    assert [row[0] for _, row, _ in vectors] == [float(bucket) for bucket in range(119)]
    assert (buckets.head[AHEAD], buckets.head[LATE]) == (lasting, 0)


def test_a_wild_scrape_of_all_members_moves_nothing() -> None:
    buckets = fresh(3, 3)
    values = paired([*range(50), 5000, 5001, *range(50, 100)])
    assert [bucket for bucket, _, _ in aligned(values, rules(3), buckets)] == list(range(99))
    assert (buckets.head[AHEAD], buckets.head[LATE]) == (6, 0)


def test_a_clock_of_all_members_that_was_wrong_comes_back() -> None:
    buckets = fresh(3, 3)
    values = paired([*range(50), *range(5000, 5020), *range(50, 100)])
    found = [bucket for bucket, _, _ in aligned(values, rules(3), buckets)]
    assert found[-20:] == list(range(79, 99))
    assert buckets.head[LATE] < 3 * 30


@pytest.mark.parametrize("first", [1, 2])
def test_a_wild_time_at_the_start_costs_a_few_buckets(first: int) -> None:
    buckets = fresh(3, 3)
    values = [(0, 10.0 * 10**6, 0.0, False), *paired(range(60))]
    values = values if first == 1 else [*paired([0]), *values]
    found = [bucket for bucket, _, _ in aligned(values, rules(3), buckets)]
    assert found[-50:] == list(range(9, 59))


def test_a_jump_is_final_once_it_is_settled() -> None:
    buckets = fresh(3, 3)
    values = paired([*range(50), *range(20_000, 20_010 + SETTLED), *range(50, 60)])
    found = [bucket for bucket, _, _ in aligned(values, rules(3), buckets)]
    assert found[-1] == 20_000 + SETTLED + 8
    assert buckets.head[LATE] == 30


WILD = st.lists(
    st.tuples(st.sampled_from([1, 1, 1, 0, 2, 15, -1, -3, 400, -400, 10**5, -(10**5)]), st.integers(1, 6)),
    max_size=14,
)


@given(
    moves=WILD, missing=st.sampled_from([WAIT, LAST, OMIT]), ttl=st.sampled_from([0.0, 6e4]), data=st.data()
)
@settings(max_examples=200, deadline=None)
def test_wild_times_as_their_twin(
    moves: list[tuple[int, int]], missing: int, ttl: float, data: st.DataObject
) -> None:
    values: list[Value] = []
    bucket = 10**6
    for jump, count in moves:
        bucket += jump
        member = data.draw(st.integers(-1, 2))
        values += paired(range(bucket, bucket + count), member, data.draw(st.sampled_from([30, -30, 10**4])))
        bucket += count - 1
    asked = rules(3, missing, ttl=ttl)
    twin = Twin(asked)
    assert aligned(values, asked) == [vector for value in values for vector in twin.take(value)]


@pytest.mark.parametrize("interval", [0.001, 0.1, 1 / 3, 10.0, 86400.0])
def test_buckets_are_multiples_of_the_interval(interval: float) -> None:
    times = [1.7e9 + n * interval for n in range(50)]
    vectors = aligned([(m, t, 1.0, False) for t in times for m in (0, 1)], rules(2, interval=interval))
    found = [bucket for bucket, _, _ in vectors]
    assert found == sorted({math.floor(time / interval) for time in times})[:-1]
