import importlib.util
import math
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.quality.commands import run_rivals
from benchmarks.quality.rivals import RIVALS, Rival, RivalMissingError, random_cut_forest
from benchmarks.quality.rivals.streaming import rows_a_day

TIMES = 1_704_067_200 + 3600.0 * np.arange(400, dtype=np.float64)


def installed(rival: Rival) -> bool:
    try:
        rival.detector()
    except RivalMissingError:
        return False
    return True


INSTALLED = [name for name, rival in RIVALS.items() if not rival.built and installed(rival)]
"""Some need packages of the extra ``rivals``."""
PEAK_SEEKERS = {
    "river-holt-winters",
    "river-gaussian",
    "windowed-gaussian",
    "pysad-sad",
    "pysad-mad",
    "adtk-iqr",
}


def values() -> NDArray[np.float64]:
    drawn = np.random.default_rng(4).normal(20, 3, 400)
    drawn[380] = 90
    return drawn


def naive_windowed_gaussian(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    scores: list[float] = []
    window: list[float] = []
    for value in drawn.tolist():
        z = abs(value - np.mean(window)) / (float(np.std(window)) or 1e-6) if window else 0.0
        scores.append(1 - 0.5 * math.erfc(z / math.sqrt(2)) if window else 0.0)
        window.append(value)
    return np.array(scores)


def test_the_windowed_gaussian_is_the_one_of_nab() -> None:
    scores, alerts = RIVALS["windowed-gaussian"].detector()(TIMES, values())
    assert alerts is None
    assert np.allclose(scores, naive_windowed_gaussian(values()), atol=1e-9)


def test_the_window_of_the_windowed_gaussian_slides_by_100() -> None:
    drawn = np.concatenate((np.zeros(6400), np.ones(100), [1.0]))
    scores, _ = RIVALS["windowed-gaussian"].detector()(1e9 + 60.0 * np.arange(6501, dtype=np.float64), drawn)
    mean, deviation = 100 / 6400, math.sqrt(100 / 6400 * 6300 / 6400)
    assert scores[6499] == 1.0
    assert scores[6500] == pytest.approx(1 - 0.5 * math.erfc((1 - mean) / deviation / math.sqrt(2)))


@pytest.mark.parametrize("name", INSTALLED)
def test_a_rival_is_causal_and_passes_over_missing_values(name: str) -> None:
    drawn = values()
    drawn[[50, 51, 200]] = np.nan
    detector = RIVALS[name].detector()
    scores, _ = detector(TIMES, drawn)
    assert scores.shape == drawn.shape
    assert np.isfinite(scores).all()
    changed = drawn.copy()
    changed[300:] = 1000.0
    assert np.array_equal(detector(TIMES, changed)[0][:300], scores[:300])
    assert (scores[[50, 51, 200]] <= scores[np.isfinite(drawn)].min()).all()


@pytest.mark.parametrize("name", sorted(PEAK_SEEKERS.intersection(INSTALLED)))
def test_a_rival_sees_a_peak(name: str) -> None:
    scores, _ = RIVALS[name].detector()(TIMES, values())
    assert np.argmax(scores[100:]) + 100 == 380


def test_a_missing_package_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", _none)
    with pytest.raises(RivalMissingError, match=r"pysad is not installed .*rivals"):
        RIVALS["pysad-sad"].detector()


def _none(name: str) -> ModuleType:
    raise ModuleNotFoundError(name=name.rpartition(".")[2].partition("_")[0])


def test_rows_a_day() -> None:
    assert rows_a_day(TIMES) == 24
    assert rows_a_day(1e9 + 86_400.0 * np.arange(9, dtype=np.float64)) == 1


def test_a_rival_that_cannot_run_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    random_cut_forest._class_path.cache_clear()
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert run_rivals(["random-cut-forest"], {}) == []
    assert "java, javac, mvn not found" in capsys.readouterr().err


def test_the_random_cut_forest_finds_a_peak() -> None:
    try:
        detector = RIVALS["random-cut-forest"].detector()
    except RivalMissingError as missing:
        pytest.skip(str(missing))
    drawn = values()
    drawn[100] = np.nan
    scores, alerts = detector(TIMES, drawn)
    assert alerts is not None
    assert scores[100] == 0
    assert np.argmax(scores) == 380
    assert alerts[380]
