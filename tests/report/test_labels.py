from zoneinfo import ZoneInfo

import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.report.evaluation import EpisodeCounts, count_episodes, total
from anomaly_stream.report.labels import Window, parse_labels, windows_of
from tests.report.build import alert, track_of


def test_windows_are_of_the_series_that_their_columns_name() -> None:
    labels = parse_labels(
        "start,end,metric,site\n1970-01-01T00:00:10Z,20,flow,a\n30,40,,b\n50,60,,\n70,80,other,\n", "l.csv"
    )
    track = track_of([0.0, 100.0], [1.0, 1.0], site="a")
    assert windows_of(track, labels) == [Window(10.0, 20.0), Window(50.0, 60.0)]
    assert windows_of(track_of([0.0], [1.0], site="b"), labels) == [Window(30.0, 40.0), Window(50.0, 60.0)]


def test_times_without_a_zone_are_in_that_of_the_file() -> None:
    text = "start,end\n1970-01-01 09:00:10,1970-01-01T00:00:20Z\n"
    (label,) = parse_labels(text, "l.csv", ZoneInfo("Asia/Tokyo"))
    assert (label.start, label.end) == (10.0, 20.0)


def test_overlapping_windows_count_as_one() -> None:
    labels = parse_labels("end,start\n20,10\n25,15\n15,12\n40,30\n", "l.csv")
    assert windows_of(track_of([0.0], [1.0]), labels) == [Window(10.0, 25.0), Window(30.0, 40.0)]


def test_labelled_values_that_follow_each_other_are_one_window() -> None:
    times = [float(time) for time in range(0, 100, 10)]
    rows = [f"{time},{int(time in (0, 30, 40, 90))}" for time in range(0, 100, 10)]
    only = [row for row in rows if row.endswith(",1")]
    for lines in (rows, only, [*only, "33,1"]):
        labels = parse_labels("\n".join(["timestamp,label", *lines]), "l.csv")
        assert windows_of(track_of(times, [1.0] * 10), labels) == [
            Window(0.0, 0.0), Window(30.0, 40.0), Window(90.0, 90.0),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,flag\n1,1\n", "l.csv: the header needs the columns start,end (windows) or timestamp,label"),
        ("start,end\n20,10\n", "l.csv:2: the end 10 lies before the start 20"),
        ("start,end\n\nsoon,10\n", "l.csv:3: 'soon' is no time: write 2024-03-30T10:00:00Z"),
        ("start,end\n1\n", "l.csv:2: 1 cells, but the header has 2"),
        ("timestamp,label\n1,maybe\n", "l.csv:2: label 'maybe' is none of 1, true, yes, 0, false, no"),
        ("start,end\nnan,10\n", "l.csv:2: 'nan' is no time"),
        ("", "l.csv: the header needs"),
    ],
)
def test_a_fault_names_file_and_line(text: str, message: str) -> None:
    with pytest.raises(AnomalyStreamError) as raised:
        parse_labels(text, "l.csv")
    assert str(raised.value).startswith(message)


def test_precision_and_recall_count_whole_episodes() -> None:
    alerts = [alert(10, 12), alert(14, 15), alert(50, 60)]
    windows = [Window(11, 20), Window(30, 31), Window(60, 60)]
    counts = count_episodes(alerts, windows)
    assert counts == EpisodeCounts(alerts=3, right_alerts=3, windows=3, found_windows=2)
    assert total([counts, count_episodes([alert(1, 2)], [])]) == EpisodeCounts(4, 3, 3, 2)
    assert (counts.precision, counts.recall) == (1.0, 2 / 3)
    assert (EpisodeCounts().precision, EpisodeCounts().recall) == (None, None)
