import json

import numpy as np
import pytest

from anomaly_stream.report.chart_data import chart_json, columns_per_chart, shown_points
from anomaly_stream.report.comparison import rows_of
from anomaly_stream.report.labels import Window
from tests.report.build import alert, track_of


def test_each_pixel_column_keeps_its_lowest_and_highest_value_and_every_anomaly() -> None:
    random = np.random.default_rng(3)
    values = random.normal(10.0, 1.0, 5_000)
    anomalous = sorted(random.choice(np.arange(1, 5_000), 60, replace=False).tolist())
    track = track_of([float(at) for at in range(5_000)], values.tolist(), anomalous)
    points = shown_points(track, 100)
    assert set(anomalous) <= set(points.tolist())
    assert {0, 4_999} <= set(points.tolist())
    assert len(points) <= 2 * 100 + 60 + 2
    assert (np.diff(points) > 0).all()
    for column in range(100):  # the slow twin: each column by itself
        places = [at for at in range(5_000) if min(99, int(at / (4_999 / 100))) == column]
        assert min(places, key=lambda at: values[at]) in points
        assert max(places, key=lambda at: values[at]) in points


def test_a_short_track_is_drawn_whole() -> None:
    assert shown_points(track_of([5.0], [1.0]), 10).tolist() == [0]
    assert shown_points(track_of([5.0, 6.0, 7.5], [1.0, 2.0, 3.0]), 10).tolist() == [0, 1, 2]


def test_gaps_leave_columns_empty() -> None:
    times = [float(at) for at in range(50)] + [1e6 + at for at in range(50)]
    points = shown_points(track_of(times, list(range(100))), 10)
    assert points.tolist() == [0, 49, 50, 99]


def test_the_data_of_a_chart() -> None:
    first = track_of([100.5, 110.5, 121.5], [1.0, 2.25, 30.0], [2], alerts=[alert(121.5, 121.5)])
    second = track_of([100.5, 110.5, 121.5], [1.0, 2.25, 30.0])
    (row,) = rows_of([[first], [second]])
    assert json.loads(chart_json(row, 0, [Window(1.0, 2.0)], 10)) == {
        "t0": 100.5, "t": [0, 10, 11], "v": [1, 2.25, 30], "e": [None, 10, 10], "l": [None, 5, 5],
        "u": [None, 15, 15], "s": [None, 1, 90], "k": [-1, 0, 3], "o": [2], "a": [[121.5, 121.5]],
        "w": [[1.0, 2.0]],
    }  # fmt: skip
    assert json.loads(chart_json(row, 1, [], 10))["o"] == []


def test_digits_follow_the_range_of_the_values() -> None:
    values = [1_663_846_221.0 + at / 1_000 for at in range(5)]
    (row,) = rows_of([[track_of(range(5), values)]])
    assert json.loads(chart_json(row, 0, [], 10))["v"] == values


@pytest.mark.parametrize("scale", [1e-15, 1.0, 1.7e308])
def test_numbers_of_any_size_keep_their_digits(scale: float) -> None:
    values = [scale * share for share in (-1.0, 0.25, 0.5, 1.0)]
    (row,) = rows_of([[track_of(range(4), values)]])
    assert json.loads(chart_json(row, 0, [], 10))["v"] == pytest.approx(values, rel=1e-4)


def test_a_page_of_many_charts_gives_each_fewer_columns() -> None:
    assert columns_per_chart(1) == columns_per_chart(0) == 700
    assert columns_per_chart(100) == 80
    assert columns_per_chart(10_000) == 20
