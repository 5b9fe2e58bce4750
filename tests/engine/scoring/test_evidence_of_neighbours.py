"""What a value says of the last ones: one that stays confirms them, and one that is near is none of them."""

import numpy as np
import pytest

from tests.engine.scoring.reported_series import DAY, HOUR, alerts, judged
from tests.engine.scoring.test_drift import share_open
from tests.engine.scoring.test_incident import rows_of, traffic


@pytest.mark.parametrize("seed", range(5))
def test_a_third_outage_within_a_week_alerts_within_two_values(seed: int) -> None:
    """By the minute, its second value has neither change nor an error that inertia does not explain."""
    values, days = traffic(60.0, seed, 19.0)
    outages = [rows_of(days, begin, hours) for begin, hours in ((14.42, 1), (15.63, 2), (17.25, 2))]
    for first, end in outages:
        values[first:end] = 0.0
    found = alerts(judged(60.0, values))
    for first, _ in outages:
        assert any(first <= row <= first + 1 for row in found)


@pytest.mark.parametrize("seed", range(5))
def test_a_value_that_returns_confirms_nothing(seed: int) -> None:
    """A glitch of one value that alerts at all does so at once, and never with the value after it."""
    values = 100.0 + 5.0 * np.random.default_rng(seed).standard_normal(20_000)
    glitches = np.arange(15_000, 20_000, 777)
    values[glitches] += 60.0
    assert not set(alerts(judged(60.0, values))) & set(glitches + 1)


@pytest.mark.parametrize("hours", [2, 24])
def test_usual_values_after_an_outage_end_its_alert(hours: int) -> None:
    """By the hour, the outage is among the last 12 values for half a day."""
    late = []
    for seed in range(8):
        values, days = traffic(HOUR, seed, 46.0)
        first, end = rows_of(days, 42.42, hours)
        values[first:end] = 0.0
        out = judged(HOUR, values)
        assert share_open(out, first, end) == 1.0
        late.append(next(rows for rows in range(1, 24) if share_open(out, end + rows, end + rows + 1) == 0.0))
    assert np.median(late) <= 8


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step_s", [300.0, HOUR])
def test_more_variation_is_found_all_the_same(step_s: float, seed: int) -> None:
    rng, day = np.random.default_rng(seed), int(DAY / step_s)
    values = 100.0 + 5.0 * rng.standard_normal(40 * day)
    values[30 * day :] += 20.0 * rng.standard_normal(10 * day)
    assert share_open(judged(step_s, values), 30 * day, 31 * day) > 0.1
