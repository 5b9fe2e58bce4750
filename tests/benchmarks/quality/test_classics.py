import numpy as np

from anomaly_stream.kernels.arrays import Floats
from benchmarks.quality.rivals.classics import hour_of_day_mad, zscore_7d

HOURLY = 1_704_067_200 + 3600.0 * np.arange(600, dtype=np.float64)


def drawn() -> Floats:
    values = np.random.default_rng(2).normal(1e6, 3, 600)
    values[[40, 590]] = np.nan
    return values


def naive_zscore(times: Floats, values: Floats) -> Floats:
    scores = np.zeros(len(values))
    for row, (time, value) in enumerate(zip(times, values, strict=True)):
        before = values[:row][(times[:row] >= time - 7 * 86_400) & ~np.isnan(values[:row])]
        if len(before) >= 30 and not np.isnan(value):
            scores[row] = abs(value - before.mean()) / (before.std() + 1e-6 * abs(before.mean() - values[0]))
    return scores


def naive_mad(times: Floats, values: Floats) -> Floats:
    scores = np.zeros(len(values))
    for row, (time, value) in enumerate(zip(times, values, strict=True)):
        hour = time // 3600
        hours = times[:row] // 3600
        near = (hours % 24 == hour % 24) & (hours >= hour - 14 * 24) & (hours < hour)
        before = values[:row][near & ~np.isnan(values[:row])]
        if len(before) >= 5 and not np.isnan(value):
            centre = np.median(before)
            deviation = 1.4826 * np.median(np.abs(before - centre)) + 1e-6 * abs(centre) + 1e-12
            scores[row] = abs(value - centre) / deviation
    return scores


def test_the_zscore_is_that_of_the_last_seven_days() -> None:
    scores, _ = zscore_7d(HOURLY, drawn())
    assert np.allclose(scores, naive_zscore(HOURLY, drawn()), rtol=1e-4)


def test_the_mad_is_that_of_this_hour_of_the_last_fourteen_days_and_no_more_than_the_zscore() -> None:
    scores, _ = hour_of_day_mad(HOURLY, drawn())
    expected = np.minimum(naive_mad(HOURLY, drawn()), zscore_7d(HOURLY, drawn())[0])
    assert np.allclose(scores, expected)
    assert (expected > 1).sum() > 50


def test_an_alert_opens_where_the_threshold_is_crossed() -> None:
    values = np.random.default_rng(3).normal(50, 1, 600)
    values[500:503] = 80
    scores, alerts = zscore_7d(HOURLY, values)
    assert (scores[500:502] >= 4).all()
    assert np.flatnonzero(alerts).tolist() == [500]


def test_a_constant_series_has_no_score() -> None:
    for detector in (zscore_7d, hour_of_day_mad):
        scores, alerts = detector(HOURLY, np.full(600, 7.0))
        assert not scores.any()
        assert alerts is not None
        assert not alerts.any()
