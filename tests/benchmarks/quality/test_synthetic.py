import numpy as np
import pytest

from benchmarks.quality.synthetic import KINDS, series_of, suite
from benchmarks.quality.windows import probation


def test_there_are_kinds_enough_with_and_without_events() -> None:
    clean = [name for name in KINDS if name.startswith("clean_")]
    assert len(KINDS) - len(clean) >= 32
    assert len(clean) >= 10
    assert len(suite(2)) == 2 * len(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind(name: str) -> None:
    series = series_of(name, 1)
    again, other = series_of(name, 1), series_of(name, 2)
    assert np.array_equal(series.values, again.values, equal_nan=True)
    assert (
        name == "clean_square_wave"
        or name == "rare_failure"
        or not np.array_equal(series.values, other.values, equal_nan=True)
    )
    assert 2000 <= len(series.times) <= 8000
    assert (np.diff(series.times) > 0).all()
    assert not np.isinf(series.values).any()
    windows = series.anomalies
    assert (len(windows) == 0) == name.startswith("clean_")
    assert (windows >= probation(len(series.times))).all()
    assert (windows < len(series.times)).all()
    assert (windows[:, 0] <= windows[:, 1]).all()
    assert (windows[1:, 0] > windows[:-1, 1]).all()
