"""A detector's number runs its own module, and no other number runs any."""

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from anomaly_stream.detectors.models import dispatch as models
from anomaly_stream.detectors.registry import REGISTRY, Detector
from anomaly_stream.detectors.stateful import dispatch as stateful
from anomaly_stream.detectors.window import dispatch as window
from tests.baselines.test_rolling import baseline_of
from tests.detectors.streams import streams

TIMES, VALUES = streams()["heavy tails"]
BASELINE = baseline_of(VALUES[:200].tolist())
UNREGISTERED = (-1, len(REGISTRY), 1000)


def module_of(dispatch: ModuleType, detector: Detector) -> Any:
    return import_module(f"{dispatch.__package__}.{detector.name}")


def others(dispatch: Any) -> list[int]:
    """Numbers without a detector, and numbers of the other kinds."""
    own = {detector.number for detector in dispatch.DETECTORS}
    return [*UNREGISTERED, *(one.number for one in REGISTRY if one.number not in own)]


def test_every_detector_is_listed_once_under_the_name_and_number_of_its_module() -> None:
    listed = [(kind, one) for kind in (window, stateful, models) for one in kind.DETECTORS]
    assert sorted(one.number for _, one in listed) == list(range(len(REGISTRY)))
    for kind, one in listed:
        module = module_of(kind, one)
        assert (one, one.number) == (module.DETECTOR, module.NUMBER)
        assert one.words == getattr(module, "WORDS", 0)


def test_window_detectors() -> None:
    found = [window.evaluate(one.number, 2.5, BASELINE) for one in window.DETECTORS]
    for one, (statistic, deviate) in zip(window.DETECTORS, found, strict=True):
        module = module_of(window, one)
        assert statistic == module.statistic(2.5, BASELINE)
        assert deviate == module.deviate(statistic, BASELINE)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("detector", stateful.DETECTORS, ids=lambda one: one.name)
def test_stateful_detectors(detector: Detector) -> None:
    module = module_of(stateful, detector)
    own, state = np.zeros(module.WORDS), np.zeros(detector.words)
    for time, value in zip(TIMES.tolist(), VALUES.tolist(), strict=True):
        expected = module.evaluate(own, time, value, BASELINE)
        found = stateful.evaluate(detector.number, state, time, value, BASELINE)
        np.testing.assert_array_equal(found, expected)
        module.learn(own, time, value, value, BASELINE)
        stateful.learn(detector.number, state, time, value, value, BASELINE)
    assert state.any()
    assert state.tobytes() == own.tobytes()


@pytest.mark.parametrize("model", models.DETECTORS, ids=lambda one: one.name)
def test_models(model: Detector) -> None:
    module = module_of(models, model)
    own, state = np.zeros(module.WORDS), np.zeros(model.words)
    for time, value in zip(TIMES.tolist(), VALUES.tolist(), strict=True):
        expected = module.evaluate(own, time, value)
        found = models.evaluate(model.number, state, time, value)
        np.testing.assert_array_equal(found[:6], expected[:6])
        band = models.band(model.number, state, time, found, 40.0)
        assert band == module.band(own, time, expected, 40.0)
        module.learn(own, time, value, expected, True, False)
        models.learn(model.number, state, time, value, found, True, False)
    assert state.any()
    assert state.tobytes() == own.tobytes()


def test_any_other_number_gives_nan_and_learns_nothing() -> None:
    state = np.full(8, 3.0)
    for number in others(window):
        assert np.isnan(window.evaluate(number, 2.5, BASELINE)).all()
    for number in others(stateful):
        assert np.isnan(stateful.evaluate(number, state, 0.0, 2.5, BASELINE)).all()
        stateful.learn(number, state, 0.0, 2.5, 2.5, BASELINE)
    for number in others(models):
        found = models.evaluate(number, state, 0.0, 2.5)
        assert np.isnan([found.score, found.alert_score]).all()
        assert np.isnan(models.band(number, state, 0.0, found, 40.0)).all()
        models.learn(number, state, 0.0, 2.5, found, True, False)
    assert (state == 3.0).all()
