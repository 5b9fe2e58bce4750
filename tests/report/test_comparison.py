from anomaly_stream.report.comparison import (
    Difference,
    alert_difference,
    anomaly_difference,
    is_only_in,
    rows_of,
    total_difference,
)
from tests.report.build import alert, track_of

TIMES = [10.0 * at for at in range(10)]
VALUES = [10.0] * 10


def test_anomalies_are_compared_by_time_and_alerts_by_overlap() -> None:
    first = track_of(TIMES, VALUES, [3, 4, 7], alerts=[alert(30, 40), alert(70, 70)])
    second = track_of(TIMES, VALUES, [4, 5], alerts=[alert(40, 50)])
    (row,) = rows_of([[first], [second]])
    assert anomaly_difference(row) == Difference(1, (2, 1))
    assert alert_difference(row) == Difference(1, (1, 0))
    assert [is_only_in(one, second) for one in first.alerts] == [False, True]
    assert total_difference([Difference(1, (2, 3)), Difference(4, (5, 6))]) == Difference(5, (7, 9))


def test_a_series_that_only_one_side_watches_differs_in_everything() -> None:
    (row,) = rows_of([[], [track_of(TIMES, VALUES, [4], alerts=[alert(40, 40)])]])
    assert row.tracks[0] is None
    assert anomaly_difference(row) == Difference(0, (0, 1))
    assert alert_difference(row) == Difference(0, (0, 1))


def test_configs_are_paired_by_id_and_then_by_position() -> None:
    a = [track_of(TIMES, VALUES, config_id=name) for name in ("x", "y", "z")]
    b = [track_of(TIMES, VALUES, config_id=name) for name in ("w", "y")]
    rows = rows_of([a, b])
    found = [tuple(track.config_id if track else None for track in row.tracks) for row in rows]
    assert found == [("y", "y"), ("x", "w"), ("z", None)]


def test_the_noisiest_row_comes_first() -> None:
    tracks = [
        track_of(TIMES, VALUES, site="quiet"),
        track_of(TIMES, VALUES, [4, 5, 6], site="anomalies"),
        track_of(TIMES, VALUES, [4], site="alert", alerts=[alert(40, 40)]),
    ]
    assert [dict(row.series.labels)["site"] for row in rows_of([tracks])] == ["alert", "anomalies", "quiet"]
