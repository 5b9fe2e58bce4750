import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import ablation
from benchmarks.quality.ablation import Row, table
from benchmarks.quality.bare import bare_default
from benchmarks.quality.ours import engine_detector, shipped_config
from benchmarks.quality.parts import PARTS, WHOLE
from benchmarks.quality.synthetic import series_of

SERIES = series_of("extra_bump", 0)

SCORES_WITHOUT_A_VIEW = """
from benchmarks.quality.bare import bare_default
from benchmarks.quality.parts import take_out
from benchmarks.quality.synthetic import series_of
take_out("view: change")
series = series_of("extra_bump", 0)
print(float(bare_default(series.times, series.values)[0].sum()))
"""


def test_the_bare_default_scores_as_the_engine_does() -> None:
    ours, _ = engine_detector(shipped_config())(SERIES.times, SERIES.values)
    bare, alerts = bare_default(SERIES.times, SERIES.values)
    np.testing.assert_array_equal(bare, ours)
    assert alerts.any()


@pytest.mark.parametrize("part", [name for name in PARTS if name != WHOLE])
def test_a_part_names_what_the_default_has(part: str) -> None:
    change = PARTS[part]
    assert change is not None
    part_of_it = getattr(change.module, change.name)
    assert part_of_it is not change.value
    if callable(part_of_it):
        wanted = inspect.signature(part_of_it.py_func).parameters
        assert len(inspect.signature(change.value.py_func).parameters) == len(wanted)


def test_a_part_that_is_taken_out_changes_the_scores() -> None:
    run = [sys.executable, "-c", SCORES_WITHOUT_A_VIEW]
    found = float(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    whole = float(bare_default(SERIES.times, SERIES.values)[0].sum())
    assert found > 0
    assert found != whole


def test_the_table_shows_each_part_beside_the_whole() -> None:
    whole = Row(WHOLE, {"kpi": 0.6, "vms": 0.9}, 0.6)
    without = Row("view: change", {"kpi": 0.5, "vms": 1.0}, 0.5)
    _, first, second, _ = table([whole, without]).splitlines()
    assert first.split()[-3:] == ["0.600", "0.900", "0.600"]
    assert second.split()[-4:] == ["0.500", "1.000", "0.500", "-0.100"]


def test_a_folder_without_corpora_is_a_fault_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ablation", "--data", str(tmp_path)])
    assert ablation.main() == 2
    assert str(tmp_path) in capsys.readouterr().err
