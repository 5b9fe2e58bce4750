"""Verdicts of presets on incidents that last longer than `relearn_after`, drain, return or come again."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import Outcome, Transition
from tests.engine.scoring.reported_series import alerts
from tests.engine.scoring.test_field_cases_of_detectors import judged

DAY = 1440
BEGIN = 6 * DAY + 600
PRESETS: list[dict[str, Any]] = [
    {"preset": "latency"},
    {"preset": "utilisation"},
    {"preset": "latency", "direction": "above"},
]


def watched(seed: int, offset: Callable[[Floats], Floats], fields: dict[str, Any]) -> Outcome:
    """A value per minute for 9 days, 100 with noise of 5, and ``offset`` by the minute since the incident."""
    minute = np.arange(9 * DAY) - BEGIN
    values = np.random.default_rng(seed).normal(100.0, 5.0, len(minute))
    values[BEGIN:] += offset(minute[BEGIN:].astype(float))
    return judged(60.0, np.round(values.clip(0), 2), **fields)


def since_begin(out: Outcome) -> list[int]:
    """The minutes since the incident began at which an alert opened; those before it do not count."""
    return [row - BEGIN for row in alerts(out) if row >= BEGIN]


@pytest.mark.parametrize("fields", PRESETS)
@pytest.mark.parametrize("minutes", [120, 180, 360])
def test_usual_values_are_usual_after_an_incident_that_was_accepted(
    minutes: int, fields: dict[str, Any]
) -> None:
    for seed in range(3):
        out = watched(seed, lambda minute: np.where(minute < minutes, 900.0, 0.0), fields)
        assert since_begin(out) == [0]


@pytest.mark.parametrize("fields", PRESETS)
@pytest.mark.parametrize("minutes", [120, 360])
@pytest.mark.parametrize("height", [300.0, 900.0])
def test_an_incident_after_one_that_was_accepted_alerts(
    height: float, minutes: int, fields: dict[str, Any]
) -> None:
    for gap in (60, 180, 720):
        again = minutes + gap

        def offset(minute: Floats, again: int = again) -> Floats:
            second = np.where((minute >= again) & (minute < again + 20), height, 0.0)
            return np.where(minute < minutes, 900.0, second)

        assert since_begin(watched(1, offset, fields)) == [0, again]


@pytest.mark.parametrize("fields", PRESETS)
@pytest.mark.parametrize("size", [30.0, 100.0, 900.0])
def test_a_change_that_lasts_is_one_alert_by_the_minute(size: float, fields: dict[str, Any]) -> None:
    for seed in range(3):
        [opened] = since_begin(watched(seed, lambda minute: np.full_like(minute, size), fields))
        assert opened <= 2


@pytest.mark.parametrize("fields", PRESETS)
@pytest.mark.parametrize("shape", ["linear", "exponential"])
@pytest.mark.parametrize("minutes", [30, 60, 120])
def test_a_queue_that_drains_is_one_alert_that_lasts(
    minutes: int, shape: str, fields: dict[str, Any]
) -> None:
    def offset(minute: Floats) -> Floats:
        drained = (minute - 10).clip(0) / minutes
        left = (1.0 - drained).clip(0) if shape == "linear" else np.exp(-4.0 * drained)
        return 900.0 * np.minimum(minute / 10, left)

    for seed in range(3):
        out = watched(seed, offset, fields)
        [opened] = since_begin(out)
        resolved = out.observation[out.transition == Transition.RESOLVED] - BEGIN
        assert opened <= 2
        assert resolved[resolved >= 0][0] > 0.8 * minutes
