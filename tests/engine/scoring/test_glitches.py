"""A single glitch far beyond all other values does not hide what comes later."""

import numpy as np
import pytest

from tests.engine.scoring.reported_series import HOUR, alerts, judged


@pytest.mark.parametrize("step_s", [300.0, 900.0, HOUR])
@pytest.mark.parametrize("glitch", [1e3, 9999.0, -1e5, 1e6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_fall_to_zero_alerts_after_a_glitch(step_s: float, glitch: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(100.0, 3.0, 2100)
    values[200] = glitch
    values[2000:2003] = 0.0
    found = alerts(judged(step_s, values))
    assert 200 in found
    assert any(2000 <= row < 2003 for row in found)
