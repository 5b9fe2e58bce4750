"""The table of spellings against a dict."""

import random

import numpy as np

from anomaly_stream.kernels.intern import ABSENT, empty_table, find_or_add, grown_table


def spans(metric: bytes, labels: bytes, lead: bytes = b"") -> tuple[object, ...]:
    """Arguments of the kernel, the spelling somewhere in a buffer."""
    buffer = np.frombuffer(lead + metric + labels, np.uint8)
    return buffer, len(lead), len(metric), len(lead) + len(metric), len(labels)


def spelling(rng: random.Random) -> tuple[bytes, bytes]:
    """Short alphabets, so that spellings repeat and differ by little."""
    return bytes(rng.choices(b"ab", k=rng.randrange(12))), bytes(rng.choices(b"{}a", k=rng.randrange(20)))


def test_against_a_dict() -> None:
    rng = random.Random(1)
    table = empty_table(16, 64)
    twin: dict[tuple[bytes, bytes], int] = {}
    for _ in range(20_000):
        metric, labels = spelling(rng)
        arguments = spans(metric, labels, bytes(rng.randrange(9)))
        number = find_or_add(table, *arguments)
        while number == ABSENT:
            assert (metric, labels) not in twin
            table = grown_table(table, 2 * len(table.start), 2 * len(table.arena))
            number = find_or_add(table, *arguments)
        assert number == twin.setdefault((metric, labels), len(twin))
    assert table.used[0] == len(twin) > 5000


def test_the_border_between_metric_and_labels_counts() -> None:
    table = empty_table(16, 1024)
    assert find_or_add(table, *spans(b"abc", b"")) == 0
    assert find_or_add(table, *spans(b"ab", b"c")) == 1
    assert find_or_add(table, *spans(b"", b"abc")) == 2
    assert find_or_add(table, *spans(b"abc", b"")) == 0


def test_a_full_table_still_finds() -> None:
    table = empty_table(2, 1024)
    assert [find_or_add(table, *spans(metric, b"")) for metric in (b"a", b"b", b"c", b"a")] == [
        0,
        1,
        ABSENT,
        0,
    ]


def test_a_full_arena_still_finds() -> None:
    table = empty_table(8, 5)
    assert [find_or_add(table, *spans(metric, b"")) for metric in (b"abc", b"abcd", b"ab", b"abc")] == [
        0,
        ABSENT,
        1,
        0,
    ]
