import numpy as np
import pytest

from anomaly_stream.detectors.registry import NAMES, REGISTRY, Detector
from anomaly_stream.detectors.window.dispatch import evaluate
from anomaly_stream.kernels.tails import score_of
from anomaly_stream.model import AnomalyDetectionConfig
from tests.baselines.test_rolling import baseline_of
from tests.detectors import checks
from tests.detectors.twins import TWINS

LIGHT = [detector for detector in REGISTRY if detector.words == 0]


@pytest.mark.parametrize("detector", LIGHT, ids=lambda detector: detector.name)
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_every_detector_passes(check, detector: Detector) -> None:
    check(detector)


@pytest.mark.parametrize("detector", LIGHT, ids=lambda detector: detector.name)
@pytest.mark.parametrize("name", ["normal", "two values", "almost constant", "heavy tails", "counter"])
def test_every_detector_agrees_with_its_twin(detector: Detector, name: str) -> None:
    window = np.array(checks.WINDOWS[name])  # long enough for 10 degrees of freedom
    baseline = baseline_of(window.tolist())
    for value in (-6.0, -1.0, 0.3, baseline.median + 0.01, 1.1, 2.0, 30.0):
        statistic, p = TWINS[detector.name](window, value)
        assert evaluate(detector.number, value, baseline)[0] == pytest.approx(statistic, rel=1e-9, abs=1e-12)
        if (value - baseline.median) * statistic > 0:
            exact = min(100.0, score_of(max(1e-300, p)))
            assert checks.score(detector, value, baseline) == pytest.approx(exact, abs=0.003)


def test_numbers_are_the_order_of_the_columns() -> None:
    assert [detector.number for detector in REGISTRY] == list(range(len(REGISTRY)))
    assert set(AnomalyDetectionConfig(id="a", metric="m").detectors) <= set(NAMES)
    assert set(TWINS) == {detector.name for detector in LIGHT}, "every light detector needs a twin"
