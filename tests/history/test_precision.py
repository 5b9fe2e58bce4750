"""Precision over time, and its interval against a slow twin."""

import pytest

from anomaly_stream.history.precision import Label, precisions, wilson
from tests.history.messages import DAY, NOW


def test_each_label_moves_the_precision_of_its_key_and_week() -> None:
    labels = [
        Label("b", NOW, "false_alarm"),
        Label("a", NOW, "true_alarm"),
        Label("a", NOW + 7 * DAY, "true_alarm"),
        Label("a", NOW, "false_alarm"),
        Label("a", NOW, "expected_change"),
        Label("c", NOW, "expected_change"),
    ]
    found = precisions(labels, "week")
    monday = 1779667200.0  # 2026-05-25, a Monday
    assert [(row.key, row.begin, row.precision) for row in found] == [
        ("a", monday, 0.5),
        ("a", monday + 7 * DAY, 1.0),
        ("b", monday, 0.0),
        ("c", monday, None),
    ]
    assert found[0][2:5] == (1, 1, 1)
    (first, *_) = precisions(labels, "all")
    assert first[:6] == ("a", None, 2, 1, 1, 2 / 3)
    assert [row.begin for row in precisions(labels[:1], "day")] == [NOW // DAY * DAY]
    assert precisions([], "day") == []


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (3, 4), (50, 100), (0, 1000)])
def test_the_interval_solves_its_equation(hits: int, count: int) -> None:
    """Its ends are the shares p for which the observed one is 1.96 standard deviations away."""
    for end in wilson(hits, count):
        if 0.0 < end < 1.0:
            deviation = (end * (1 - end) / count) ** 0.5
            assert abs(hits / count - end) / deviation == pytest.approx(1.95996, abs=1e-4)
