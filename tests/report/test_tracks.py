import numpy as np

from anomaly_stream.model import Series
from tests.report.build import peaks, run_of, track_of

WINDOWS = "metric: flow\nlabels: {team: water}\ndetectors: [zscore, modified_zscore, iqr]\n"


def test_a_track_holds_every_verdict_and_its_alerts() -> None:
    run, tracks = run_of(WINDOWS, peaks())
    assert [track.name for track in tracks] == ["flow{site=A}", "flow{site=B}"]
    noisy = tracks[0]
    assert len(noisy) == 300
    assert noisy.anomaly_times.tolist() == [1_700_000_000 + 60 * 150, 1_700_000_000 + 60 * 151]
    assert np.isnan(noisy.column("score")[:30]).all()
    assert not np.isnan(noisy.column("score")[30:]).any()
    (found,) = noisy.alerts
    assert (found.start, found.end, found.episode.count) == (*noisy.anomaly_times, 2)
    assert "above normal" in found.sentence
    assert found.outcome is not None
    assert "back to normal" in found.outcome
    assert (run.counts.observations, run.counts.unmatched) == (600, 0)


def test_an_alert_that_is_open_at_the_end_lasts_until_its_last_anomaly() -> None:
    _, tracks = run_of(WINDOWS, peaks(200, at=range(195, 200)))
    (found,) = tracks[0].alerts
    assert found.outcome is None
    assert (found.start, found.end) == (1_700_000_000 + 60 * 195, 1_700_000_000 + 60 * 199)
    assert found.episode.count == 5


def test_dropped_values_are_counted() -> None:
    documents = peaks(60, at=())
    extra = [documents[0], documents[-1], {"metric": "other", "timestamp": 1_700_000_000, "value": 1}]
    run, _ = run_of(WINDOWS, [*documents, *extra])
    assert (run.counts.late, run.counts.duplicate, run.counts.unmatched) == (1, 1, 1)


def test_a_group_is_a_track_of_its_instance() -> None:
    text = "id: pair\nmembers: {a: {metric: a}, b: {metric: b}}\nby: [site]\nlabels: {team: x}\n"
    documents: list[dict[str, object]] = [
        {"metric": metric, "labels": {"site": "s"}, "timestamp": 1_700_000_000 + 10 * row, "value": row % 7}
        for row in range(100)
        for metric in "ab"
    ]
    run, tracks = run_of(text, [*documents, {"metric": "c", "timestamp": 1_700_000_000, "value": 1}])
    assert run.counts.unmatched == 1
    assert [track.series for track in tracks] == [Series.of("pair", {"site": "s"})]
    assert len(tracks[0]) > 90


def test_tracks_are_ordered_by_alerts_then_anomalies() -> None:
    quiet = track_of(range(5), [10.0] * 5)
    loud = track_of(range(5), [10.0] * 5, [2, 3])
    assert (quiet.noise, loud.noise) == ((0, 0), (0, 2))
    assert quiet.severity.tolist() == [-1, 0, 0, 0, 0]
    assert loud.severity.tolist() == [-1, 0, 3, 3, 0]
