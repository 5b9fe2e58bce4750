"""Sentences that a person understands."""

import pytest

from anomaly_stream.alerts.explanation import ExplanationContext, duration, explain, round_to, series_name
from anomaly_stream.model import Series
from anomaly_stream.model.alerts import AlertStatus, Episode

FLOW = Series.of("flow", {"site": "A"})


def said(
    status: AlertStatus,
    value: float = 812.4,
    lower: float | None = 61.0,
    upper: float | None = 118.3,
    score: float = 70.0,
    count: int = 14,
) -> str:
    episode = Episode(start=1000.0, end=1000.0 + 12_000, peak_score=97.2, peak_value=812.4, count=count)
    return explain(status, FLOW, value, 92.1, lower, upper, score, "severe", episode)


def test_a_change_that_lasts() -> None:
    episode = Episode(start=1000.0, end=7000.0, peak_score=97.2, peak_value=812.4, count=100)
    standing = ExplanationContext(anomalous=True)
    assert explain("resolved", FLOW, 790.0, 92.1, 61.0, 118.3, 70.0, "severe", episode, "", standing) == (
        "flow{site=A} stays where it went: after 100 anomalies in 1 h 40 min this is taken for its new"
        " normal, and learned from now on; last 790, expected until now 92.1 (peak score 97)."
    )


def test_a_season_that_is_not_all_known() -> None:
    episode = Episode(start=1000.0, end=1000.0, peak_score=70.0, peak_value=812.4, count=1)
    standing = ExplanationContext(anomalous=True, maturity=0.375)
    assert "(normal 61 to 118.3); its season is known to 38%; chance" in explain(
        "firing", FLOW, 812.4, 92.1, 61.0, 118.3, 70.0, "severe", episode, "", standing
    )


def test_firing() -> None:
    assert said("firing") == (
        "flow{site=A} was 812.4, above the expected 92.1 (normal 61 to 118.3);"
        " chance alone would give this about once in 10,000,000 values."
    )


def test_a_score_that_is_no_chance_and_what_spoke() -> None:
    episode = Episode(start=5.0, end=5.0, peak_score=72.0, peak_value=93.1, count=1)
    spoke = "nothing like it was seen here before"
    rank = ExplanationContext(is_chance=False)
    sentence = explain("firing", Series("cpu"), 93.1, 41.0, 20.0, 63.0, 72.4, "minor", episode, spoke, rank)
    assert sentence == (
        "cpu was 93.1, above the expected 41 (normal 20 to 63); nothing like it was seen here before;"
        " score 72 of 100."
    )


def test_below_and_without_an_upper_edge() -> None:
    assert said("firing", value=-3.0, upper=None, score=45.0) == (
        "flow{site=A} was -3, below the expected 92.1 (normal from 61 up);"
        " chance alone would give this about once in 30,000 values."
    )


def test_without_a_lower_edge_at_the_cap() -> None:
    assert said("firing", lower=None, score=100.0).endswith(
        "(normal up to 118); chance alone would give this less than once in 10,000,000,000 values."
    )


def test_updated() -> None:
    assert said("updated").startswith(
        "flow{site=A} is now severe after 14 anomalies in 3 h 20 min: it was 812.4, above the expected 92.1"
    )


def test_resolved() -> None:
    assert said("resolved", value=90.0) == (
        "flow{site=A} is back to normal after 14 anomalies in 3 h 20 min, peak 812.4 (score 97)."
    )


def test_one_anomaly() -> None:
    episode = Episode(start=5.0, end=5.0, peak_score=61.0, peak_value=1.0, count=1)
    sentence = explain("resolved", Series("flow"), 0.0, 0.0, -0.5, 0.5, 1.0, "minor", episode)
    assert sentence == "flow is back to normal after 1 anomaly, peak 1 (score 61)."


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


@pytest.mark.parametrize(
    ("value", "lower", "upper", "spoken"),
    [
        (812.4321, 61.0, 118.3, "812.4"),
        (1_000_000.123, 1_000_000.0, 1_000_000.2, "1,000,000.123"),
        (1234567.8, None, None, "1,234,568"),
        (0.0, -1.0, 1.0, "0"),
        (0.00123456, None, None, "0.00123"),
        (-0.5, None, None, "-0.5"),
        (3.2e-9, None, None, "3.2e-09"),
        (1e300, -1e300, 1e300, "1e+300"),
        (123456.0, 5.0, 5.0, "123,456"),
        (100.0, 0.0, 1e6, "100"),
    ],
)
def test_numbers(value: float, lower: float | None, upper: float | None, spoken: str) -> None:
    assert round_to(value, lower, upper) == spoken


def test_names() -> None:
    assert series_name(Series.of("m", {"b": "2", "a": "1"})) == "m{a=1, b=2}"
