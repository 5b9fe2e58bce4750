"""A value that stays where the one before it went confirms that one."""

import numpy as np
import pytest

from tests.engine.scoring.reported_series import alerts, judged
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
