"""A single glitch far beyond all other values does not hide what comes later."""

import numpy as np
import pytest

from anomaly_stream.engine.step import step
from anomaly_stream.model import Publish
from tests.engine.inputs import bank_of, columns, config, plan_of
from tests.engine.scoring.reported_series import HOUR, T, alerts


@pytest.mark.parametrize("step_s", [300.0, 900.0, HOUR])
@pytest.mark.parametrize("glitch", [1e3, 9999.0, -1e5, 1e6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_fall_to_zero_alerts_after_a_glitch(step_s: float, glitch: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(100.0, 3.0, 2100)
    values[200] = glitch
    values[2000:2003] = 0.0
    plan = plan_of(config(detectors=("auto",), publish=Publish.ALL))
    times = (T + step_s * np.arange(len(values))).tolist()
    found = alerts(step(plan, bank_of(plan), columns(values.tolist(), times)))
    assert 200 in found
    assert any(2000 <= row < 2003 for row in found)
