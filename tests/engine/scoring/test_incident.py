"""The alert of an incident stays open for as long as the incident lasts, and no longer."""

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.model import Outcome, Status
from benchmarks.quality.synthetic.draft import red
from tests.engine.scoring.reported_series import DAY, HOUR, alerts, judged, noise
from tests.engine.scoring.test_drift import share_open

BEGIN = 22.5


def traffic(step_s: float, seed: int, days: float = 28.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Requests with a daily wave, fewer at week-ends, and the day of each row; rows begin at midnight."""
    days_of = np.arange(int(days * DAY / step_s)) * step_s / DAY
    usual = (100 + 60 * np.sin(2 * np.pi * (days_of - 1 / 3))) * np.where(
        days_of.astype(int) % 7 < 5, 1.0, 0.6
    )
    return usual * np.exp(np.random.default_rng(seed).normal(0.0, 0.05, len(days_of))), days_of


def rows_of(days: NDArray[np.float64], begin: float, hours: float) -> tuple[int, int]:
    first, last = np.flatnonzero((days >= begin) & (days < begin + hours / 24))[[0, -1]]
    return int(first), int(last) + 1


def is_over(out: Outcome, end: int, rows: int) -> bool:
    """Whether no alert is open from ten rows after the ``end`` of the incident on."""
    return share_open(out, end + 10, end + 10 + rows) < 0.1


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("step_s", "share", "hours", "begin"),
    [
        (60.0, 0.02, 6, BEGIN),
        (60.0, 0.02, 24, BEGIN),
        (300.0, 0.02, 72, BEGIN),
        (300.0, 0.1, 6, 22.125),  # at night
        (300.0, 0.5, 6, BEGIN),
        (300.0, 3.0, 6, BEGIN),
        (HOUR, 0.02, 72, BEGIN),
        (HOUR, 0.5, 48, 24.9),  # into the week-end
    ],
)
def test_the_alert_of_an_incident_is_open_until_its_end(
    step_s: float, share: float, hours: float, begin: float, seed: int
) -> None:
    values, days = traffic(step_s, seed)
    first, end = rows_of(days, begin, hours)
    values[first:end] *= share
    out = judged(step_s, values)
    assert [row for row in alerts(out) if first <= row < end] == [first]
    assert share_open(out, first, end) == 1.0
    assert (out.status[first:end] == Status.ANOMALY).all()
    usual, error = traffic(step_s, seed)[0][first:end], out.expected[first:end]
    assert np.median(np.abs(error / usual - 1.0)) < 0.25
    if hours < 48:
        assert is_over(out, end, int(6 * HOUR / step_s))


@pytest.mark.parametrize("seed", range(4))
def test_a_spike_is_no_incident(seed: int) -> None:
    values = noise(6000, seed, 100.0)
    values[5000] += 200.0
    out = judged(300.0, values)
    assert 5000 in alerts(out)
    assert (out.status[5001:5020] == Status.ANOMALY).sum() <= 2


@pytest.mark.parametrize("seed", range(4))
def test_an_incident_ends_with_five_values_that_are_back(seed: int) -> None:
    values = noise(6000, seed, 100.0)
    values[5000:5100] -= 60.0
    values[[5020, 5021, 5022, 5023, 5040]] += 60.0  # four in a row, and one
    out = judged(300.0, values)
    assert share_open(out, 5000, 5100) == 1.0
    assert is_over(out, 5100, 200)


@pytest.mark.parametrize("step_s", [60.0, 300.0, HOUR])
def test_a_new_level_is_accepted_after_three_days_where_it_is_no_drift(step_s: float) -> None:
    """In the first two weeks there is none."""
    values, begin, day = noise(int(12 * DAY / step_s), 3, 100.0), int(6 * DAY / step_s), int(DAY / step_s)
    values[begin:] += 60.0
    out = judged(step_s, values)
    assert share_open(out, begin, begin + 3 * day - 10) > 0.99
    assert share_open(out, begin + 3 * day + 20, len(values)) < 0.1
    assert np.abs(out.expected[begin : begin + 3 * day - 10] - 100.0).max() < 20.0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_way_back_from_days_of_outage_is_no_incident(seed: int) -> None:
    values, days = traffic(60.0, seed)
    first, end = rows_of(days, BEGIN, 72)
    values[first:end] *= 0.02
    assert is_over(judged(60.0, values), end, 1440)


@pytest.mark.parametrize("wave", [0.0, 40.0])
@pytest.mark.parametrize("step_s", [900.0, HOUR])
def test_an_outage_that_is_over_is_no_drift(step_s: float, wave: float) -> None:
    days = np.arange(int(54 * DAY / step_s)) * step_s / DAY
    first, end = rows_of(days, 50.0, 5)
    drifts = 0
    for seed in range(6):
        values = noise(len(days), seed, 100.0) + wave * np.sin(2 * np.pi * days)
        values[first:end] = 0.0
        found = alerts(judged(step_s, values))
        assert any(first <= row < end for row in found)
        drifts += any(end <= row < end + 2 * DAY / step_s for row in found)
    assert drifts <= 1  # as many as without an outage


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("seed", range(4))
def test_values_that_were_away_before_the_alert_do_not_go_on_with_it(step_s: float, seed: int) -> None:
    """A gauge that wanders within days, away from the level of three days for hours."""
    rows, rng = int(12 * DAY / step_s), np.random.default_rng(seed)
    values = 20 + red(rng, rows, np.exp(-step_s / (2 * DAY)), 3.0) + rng.normal(0, 0.1, rows)
    glitch = rows - int(DAY / step_s)
    values[glitch] = 60.0
    out = judged(step_s, values)
    assert glitch in alerts(out)
    assert is_over(out, glitch + 1, int(DAY / step_s) - 20)


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_young_series_is_not_held_to_a_day_that_is_no_weekday(step_s: float, seed: int) -> None:
    """An outage before the second week-end: what its hours are is not known yet."""
    values, days = traffic(step_s, seed, 14.0)
    first, end = rows_of(days, 11.99, 0.5)
    values[first:end] = 0.0
    out = judged(step_s, values)
    assert share_open(out, first, end) == 1.0
    assert share_open(out, end + 10, len(values)) < 0.1


@pytest.mark.parametrize("seed", range(6))
def test_a_spike_after_an_outage_of_days_is_no_incident_of_usual_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = 40 * np.exp(rng.normal(0.0, 0.15, int(20 * DAY / 300)))
    spikes = rng.random(len(values)) < 0.004
    values[spikes] *= rng.uniform(1.5, 3.0, spikes.sum())
    first, end = int(14 * DAY / 300), int(17 * DAY / 300)
    values[first:end] = 0.0
    assert share_open(judged(300.0, values), end + 10, len(values)) < 0.05


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_incident_that_changes_its_side_goes_on(step_s: float, seed: int) -> None:
    values, days = traffic(step_s, seed)
    first, end = rows_of(days, BEGIN, 6)
    half = (first + end) // 2
    values[first:half] = 0.0
    values[half:end] *= 3.0
    out = judged(step_s, values)
    assert [row for row in alerts(out) if first <= row < end] == [first]
    assert share_open(out, first, end) == 1.0
    assert is_over(out, end, int(6 * HOUR / step_s))


@pytest.mark.parametrize(("step_s", "days"), [(60.0, 14), (60.0, 30), (300.0, 30), (HOUR, 60)])
def test_outages_of_a_constant_series_alert_again_and_again(step_s: float, days: int) -> None:
    """Such as ``up``: 20 minutes at 0, and again one and two days later."""
    values, length = np.ones(int((days + 4) * DAY / step_s)), max(int(1200 / step_s), 1)
    begins = [int((days + 0.42 + later) * DAY / step_s) for later in (0, 1, 2)]
    for begin in begins:
        values[begin : begin + length] = 0.0
    found = alerts(judged(step_s, values))
    assert found == begins


@pytest.mark.parametrize("share", [0.02, 0.5, 3.0])
def test_the_band_of_an_incident_is_where_it_would_end(share: float) -> None:
    values, days = traffic(300.0, 0)
    first, end = rows_of(days, BEGIN, 6)
    values[first:end] *= share
    out = judged(300.0, values)
    lower, upper = out.lower[first + 1 : end], out.upper[first + 1 : end]
    inside, expected = values[first + 1 : end], out.expected[first + 1 : end]
    assert ((inside < lower) | (inside > upper)).all()
    assert ((lower < expected) & (expected < upper)).all()
    assert np.abs((upper - expected) / (expected - lower) - 1.0).max() < 0.01


@pytest.mark.parametrize("days", [1.0, 2.5, 4.5])
@pytest.mark.parametrize("step_s", [60.0, 300.0, HOUR])
def test_usual_values_after_days_of_outage_have_what_was_expected_before_it(
    step_s: float, days: float
) -> None:
    rows = int(26 * DAY / step_s)
    values = noise(rows, 1, 100.0)
    first, end = int(20 * DAY / step_s), int((20 + days) * DAY / step_s)
    values[first:end] = 0.0
    out = judged(step_s, values)
    after = np.arange(end, min(rows, first + int(5.9 * DAY / step_s)))
    usual = after[out.status[after] == Status.NORMAL]
    assert len(usual) > 0.9 * len(after)
    assert (np.abs(out.expected[usual] - 100.0) < 25.0).all()
    assert ((out.lower[usual] < values[usual]) & (values[usual] < out.upper[usual])).mean() > 0.95
