"""What the end of an alert says: by the level since it began, whatever the detectors."""

from typing import Any

import msgspec
import numpy as np
import pytest

from anomaly_stream.engine.step import step
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import AnomalyDetectionConfig, Ending, Publish, Transition
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings
from tests.engine.inputs import bank_of, columns, plan_of
from tests.engine.scoring.reported_series import DAY, HOUR, T

SEEDS = 12
LASTING = np.inf
NOT_BACK = {Ending.AWAY, Ending.SETTLED}
DEFAULT: dict[str, Any] = {}
WEEKLY = {"seasonality": "weekly"}
LATENCY, SENSOR, UTILISATION, COUNTER = (
    {"preset": name} for name in ("latency", "sensor", "utilisation", "counter")
)
BEGIN = 12 * DAY + 8 * HOUR
"""The level changes at this time, in seconds since the first value."""


def endings(
    step_s: float, size: float, hours: float, fields: dict[str, Any], wave: float = 0.0, days: float = 15.0
) -> list[list[Ending]]:
    """For each seed, those of the alerts that begin within six hours of a change of this size and length.

    The values are normal noise around 100; ``size`` is in its deviations.
    """
    config = parse_config({"metric": "flow", **fields}, config_context(Settings()))
    assert isinstance(config, AnomalyDetectionConfig)
    plan = plan_of(msgspec.structs.replace(config, publish=Publish.NONE))
    time = step_s * np.arange(int(days * DAY / step_s))
    noise = np.array([np.random.default_rng(seed).normal(0.0, 1.0, len(time)) for seed in range(SEEDS)])
    noise[:, (time >= BEGIN) & (time < BEGIN + hours * HOUR)] += size
    values = np.round(100.0 + 3.0 * noise + wave * np.sin(2 * np.pi * time / DAY), 2).T
    if fields is COUNTER:
        values = np.cumsum(values * step_s, axis=0)
    series = np.tile(np.arange(SEEDS), len(time))
    batch = columns(values.ravel().tolist(), (T + np.repeat(time, SEEDS)).tolist(), series.tolist())
    out = step(plan, bank_of(plan, SEEDS), batch)
    began = out.alert_start - T - BEGIN
    is_meant = (out.transition == Transition.RESOLVED) & (began >= 0.0) & (began < 6.0 * HOUR)
    found = series[out.observation[is_meant]]
    return [[Ending(one) for one in out.alert_ending[is_meant][found == seed]] for seed in range(SEEDS)]


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("size", [2.0, 3.0, 4.0, -3.0])
@pytest.mark.parametrize("fields", [DEFAULT, LATENCY, SENSOR, UTILISATION, COUNTER])
def test_a_lasting_shift_is_never_back_to_normal(fields: dict[str, Any], size: float, step_s: float) -> None:
    found = endings(step_s, size, LASTING, fields)
    assert all(Ending.BACK not in each for each in found), found
    assert all(each[0] in NOT_BACK for each in found if each and abs(size) > 2.0), found
    if fields in (LATENCY, SENSOR):
        assert all(NOT_BACK & {*each} for each in found), found


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("fields", [LATENCY, SENSOR, UTILISATION])
def test_a_shift_inside_the_noise_is_never_back_to_normal(fields: dict[str, Any], step_s: float) -> None:
    found = endings(step_s, 1.5, LASTING, fields)
    assert all(each and Ending.BACK not in each for each in found), found
    assert sum(bool(NOT_BACK & {*each}) for each in found) > SEEDS // 3, found
    assert all(Ending.SETTLED not in each for each in found), found


@pytest.mark.parametrize("step_s", [60.0, 300.0])
@pytest.mark.parametrize("fields", [DEFAULT, LATENCY, SENSOR, UTILISATION, COUNTER])
@pytest.mark.parametrize(("size", "hours"), [(12.0, 0.05), (20.0, 0.5), (12.0, 1.0)])
def test_an_outage_that_ends_is_back_to_normal(
    size: float, hours: float, fields: dict[str, Any], step_s: float
) -> None:
    found = endings(step_s, size, hours, fields)
    assert all(each[0] is Ending.BACK for each in found), found


@pytest.mark.parametrize("fields", [DEFAULT, LATENCY, WEEKLY])
def test_a_season_is_no_change_of_the_level(fields: dict[str, Any]) -> None:
    returned = endings(900.0, 20.0, 3.0, fields, wave=20.0)
    assert sum(each[0] is Ending.BACK for each in returned) >= SEEDS - 1, returned
    assert all(not NOT_BACK & {*each} for each in returned), returned
    lasting = endings(900.0, 4.0, LASTING, fields, wave=20.0)
    assert all(Ending.BACK not in each for each in lasting), lasting


@pytest.mark.parametrize("step_s", [60.0, 300.0])
def test_a_new_level_far_beyond_the_band_has_settled(step_s: float) -> None:
    found = endings(step_s, 12.0, LASTING, DEFAULT, days=24.0)
    assert sum(Ending.SETTLED in each for each in found) > SEEDS // 2, found


@pytest.mark.parametrize("step_s", [60.0, 300.0])
def test_a_level_within_the_band_has_not_settled(step_s: float) -> None:
    """A shift of three deviations is within the band of the default: each of its alerts is a rare value."""
    found = endings(step_s, 3.0, LASTING, DEFAULT)
    assert any(found)
    assert all(Ending.SETTLED not in each for each in found), found
