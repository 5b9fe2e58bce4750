"""Counts by the hour of a clock."""

from anomaly_stream.pipeline.hourly_counts import HourlyCounts

HOUR = 3600.0
DAY = 24 * HOUR


def test_counts_leave_after_a_day() -> None:
    counts = HourlyCounts()
    assert counts.covered_s == 0.0
    counts.advance(9.5 * HOUR)
    counts.advance(10.5 * HOUR)
    assert not counts.total()
    counts.add({"a": 1}, 10 * HOUR + 30.0)
    assert counts.total() == {"a": 1}
    assert counts.covered_s == HOUR
    counts.advance(33.9 * HOUR)
    assert counts.total() == {"a": 1}
    assert 23 * HOUR <= counts.covered_s <= DAY
    counts.advance(34.1 * HOUR)
    assert not counts.total()
    assert 23 * HOUR <= counts.covered_s <= DAY


def test_what_has_no_time_of_its_own_counts_now_and_what_lies_before_the_beginning_not_at_all() -> None:
    counts = HourlyCounts(10.5 * HOUR)
    counts.add({"a": 2, "b": 1})
    counts.add({"a": 1}, 10.4 * HOUR)
    counts.advance(20 * HOUR)
    counts.add({"a": 1})
    assert counts.total() == {"a": 3, "b": 1}
    counts.advance(34.1 * HOUR)
    counts.add({"a": 1}, 10.6 * HOUR)
    assert counts.total() == {"a": 1}


def test_a_clock_that_is_set_back_changes_nothing() -> None:
    counts = HourlyCounts(10 * HOUR)
    counts.advance(40 * HOUR)
    counts.add({"a": 1})
    before = counts.covered_s
    counts.advance(2 * HOUR)
    assert (counts.covered_s, counts.total()) == (before, {"a": 1})
