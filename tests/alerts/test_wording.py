"""Names, times, counts and chances as people read them."""

import pytest

from anomaly_stream.alerts.wording import clock, duration, normal_range, odds, series_name
from anomaly_stream.model import Series


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400 * 3 + 7200, "3 d 2 h"),
        (86_400 + 60, "1 d"),
    ],
)
def test_durations(seconds: float, spoken: str) -> None:
    assert duration(seconds) == spoken


def test_names() -> None:
    assert series_name(Series.of("m", {"b": "2", "a": "1"})) == "m{a=1, b=2}"


def test_times() -> None:
    assert clock(1_700_000_000.999) == "2023-11-14 22:13:20 UTC"
    assert clock(0.0) == "1970-01-01 00:00:00 UTC"


def test_odds_claim_no_more_than_the_history_supports() -> None:
    assert odds(0.00123, 5_000, "values") == "about once in 810 values"
    assert odds(1e-4, 10_000, "vectors") == "about once in 10,000 vectors"
    assert odds(1e-4, 9_999, "vectors") == "rarer than once in the 9,999 vectors before it"
    assert odds(0.0, 2_541, "vectors") == "rarer than once in the 2,541 vectors before it"


@pytest.mark.parametrize(
    ("lower", "upper", "spoken"),
    [
        (61.0, 118.3, "61.0 to 118.3"),
        (0.0, None, "at least 0.0"),
        (None, 0.0, "at most 0.0"),
        (None, None, ""),
    ],
)
def test_a_normal_range_names_the_edges_that_it_has(
    lower: float | None, upper: float | None, spoken: str
) -> None:
    assert normal_range(lower, upper, str) == spoken
