"""RFC 3339 timestamps against exact arithmetic over Python's calendar."""

import random
from datetime import UTC, date, datetime

import numpy as np
import pytest

from anomaly_stream.kernels.instants import days_from_epoch, instant
from tests.formats.messages import instant_text
from tests.formats.reference import slow_instant


def seconds_of(text: str) -> float:
    buffer = np.frombuffer(text.encode(), np.uint8)
    return float(instant(buffer, 0, len(buffer)))


def test_days_of_every_kind_of_year() -> None:
    for ordinal in range(date(1890, 1, 1).toordinal(), date(2110, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        assert days_from_epoch(day.year, day.month, day.day) == ordinal - date(1970, 1, 1).toordinal()


def test_against_exact_arithmetic() -> None:
    rng = random.Random(8)
    for _ in range(20_000):
        text = instant_text(rng)
        expected = slow_instant(text)
        if expected is None or expected < 0:
            assert np.isnan(seconds_of(text)), text
        else:
            assert seconds_of(text) == expected, text


def test_mutations() -> None:
    rng = random.Random(9)
    for _ in range(20_000):
        text = list(instant_text(rng))
        text[rng.randrange(len(text))] = rng.choice("0123456789-+:.TZ x")
        spelled = "".join(text)
        expected = slow_instant(spelled)
        found = seconds_of(spelled)
        assert np.isnan(found) if expected is None or not 0 <= expected <= 9e9 else found == expected, spelled


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2024-02-29t12:00:00.5z", datetime(2024, 2, 29, 12, tzinfo=UTC).timestamp() + 0.5),
        ("1990-12-31T15:59:60-08:00", datetime(1991, 1, 1, tzinfo=UTC).timestamp()),
        ("2023-11-14 22:13:20.123456789+00:00", 1700000000.123456789),
    ],
)
def test_spellings(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.", "2100-02-29T00:00:00Z"]
)
def test_no_timestamps(text: str) -> None:
    assert np.isnan(seconds_of(text))
