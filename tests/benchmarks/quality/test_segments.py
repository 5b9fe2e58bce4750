import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from benchmarks.quality.segments import Curve, SeriesLayout, count
from benchmarks.quality.series import LabelledSeries, Verdict
from tests.benchmarks.quality.twins import Windows, cloud_counts, series


def hourly(rows: int, anomalies: Windows = (), values: ArrayLike | None = None) -> LabelledSeries:
    return series(rows, anomalies, step=3600.0, values=values)


def marked(rows: int, *at: int) -> NDArray[np.bool_]:
    alerts = np.zeros(rows, np.bool_)
    alerts[list(at)] = True
    return alerts


def test_by_the_minute_an_episode_closes_after_an_hour_and_by_the_hour_after_five_rows() -> None:
    minutely, by_hour = SeriesLayout.of(series(2000, step=60.0)), SeriesLayout.of(hourly(2000))
    assert (minutely.quiet, by_hour.quiet) == (60, 5)
    assert (minutely.warm_up, by_hour.warm_up) == (500, 14 * 24)


def test_zones_reach_from_q_before_to_t_behind_and_near_labels_are_one_segment() -> None:
    layout = SeriesLayout.of(hourly(400, [(200, 203), (208, 208), (300, 301), (10, 12)][:3]))
    assert layout.zones.tolist() == [[195, 210], [295, 303]]


def test_a_segment_of_the_warm_up_and_what_opens_near_it_do_not_count() -> None:
    one = hourly(400, [(97, 99), (300, 300)])
    counted = count([one], [marked(400, 100)])
    assert (counted.segments, counted.found, counted.false) == (1, 0, 0)


def test_found_false_and_the_figures() -> None:
    one = hourly(772, [(300, 305), (500, 500)])
    counted = count([one], [marked(772, 296, 400, 404, 450)])
    assert (counted.segments, counted.found, counted.false) == (2, 1, 2)
    assert counted.recall == 0.5
    assert counted.precision == pytest.approx(1 / 3)
    assert counted.f1 == pytest.approx(0.4)
    assert counted.false_a_week == pytest.approx(2 / ((772 - 193) / 168))


def test_an_episode_that_is_open_already_finds_nothing() -> None:
    one = hourly(400, [(300, 302)])
    assert count([one], [marked(400, *range(280, 310))]).found == 0


def test_the_best_recall_keeps_to_the_false_alarms_allowed() -> None:
    one = hourly(400, [(200, 200), (300, 300)])
    scores = np.zeros(400)
    scores[[200, 150, 160, 170, 300]] = [3, 2, 2, 2, 1]
    curve = Curve.of([one], [Verdict(scores, None)])
    assert curve.at(curve.best_recall(1.0)).recall == 0.5
    assert curve.at(curve.best_recall(2.0)).recall == 1.0
    assert curve.at(curve.best()).f1 == pytest.approx(2 / 3)


def test_the_best_threshold_without_a_segment_is_none(recwarn: pytest.WarningsRecorder) -> None:
    assert Curve.of([hourly(400)], [Verdict(np.arange(400.0), None)]).best() == np.inf
    assert not recwarn.list


@given(
    st.lists(st.integers(0, 4), min_size=60, max_size=60),
    st.sampled_from([[], [(20, 22)], [(14, 15), (30, 30)], [(20, 21), (27, 27), (33, 33)], [(58, 59)]]),
    st.sets(st.integers(0, 59), max_size=8),
)
@settings(max_examples=80, deadline=None)
def test_the_curve_is_the_count_of_every_threshold(
    drawn: list[int], anomalies: list[tuple[int, int]], missing: set[int]
) -> None:
    values = np.zeros(60)
    values[list(missing)] = np.nan
    corpus = [hourly(60, anomalies, values), hourly(60, [(40, 42)])]
    scores = [np.array(drawn, np.float64), np.array(drawn[::-1], np.float64)]
    curve = Curve.of(corpus, [Verdict(one, None) for one in scores])
    for threshold in (0.0, 0.5, 1.0, 2.0, 3.5, 4.0, 5.0):
        at = curve.at(threshold)
        assert (at.segments, at.found, at.false) == cloud_counts(corpus, scores, threshold)
