import csv
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from _pytest.capture import CaptureResult

from benchmarks.quality import __main__ as quality
from benchmarks.quality.commands import run_command, selected
from benchmarks.quality.folders import load_cloud, load_nab
from benchmarks.quality.rivals import RIVALS
from benchmarks.quality.synthetic import series_of
from tests.benchmarks.quality.folders import cloud_folder, nab_folder, write
from tests.cli.test_faults import run

PEAKS = (45, 70, 71)
ROOT = Path(__file__).resolve().parents[3]


def call(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    main: Callable[[], int],
    *arguments: object,
) -> tuple[int, CaptureResult[str]]:
    monkeypatch.setattr(sys, "argv", ["benchmark", *map(str, arguments)])
    status = main()
    return status, capsys.readouterr()


def measure_nab() -> int:
    return run_command("nab", "", load_nab)


def verdicts(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def scored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, times: Sequence[str], values: Sequence[str]
) -> list[tuple[float, bool]]:
    """The output of ``anomaly-stream score`` for the same rows: score and whether an alert fires, by line."""
    write(tmp_path / "config.yaml", 'metric: "*"\n')
    rows = [f"{time},{value}" for time, value in zip(times, values, strict=True)]
    write(tmp_path / "rows.csv", "timestamp,value\n" + "\n".join(rows) + "\n")
    arguments = [
        "--config",
        tmp_path / "config.yaml",
        "--input",
        tmp_path / "rows.csv",
        "--metric",
        "m",
        "--all",
    ]
    _, out, _ = run(capsys, "score", *map(str, arguments))
    lines = [json.loads(line) for line in out.splitlines()]
    score = {line["source"]["offset"] - 1: line["alert_score"] or 0.0 for line in lines}
    firing = {
        line["source"]["offset"] - 1 for line in lines if line.get("alert", {}).get("status") == "firing"
    }
    return [(score.get(row, 0.0), row in firing) for row in range(len(rows))]


def test_nab_writes_the_verdicts_of_score_and_prints_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, out = nab_folder(tmp_path / "nab", peaks=PEAKS), tmp_path / "out"
    arguments = ("--data", folder, "--out", out, "--rivals", "windowed-gaussian", "--by-file")
    status, printed = call(monkeypatch, capsys, measure_nab, *arguments)
    assert status == 0
    for title in (
        "anomaly-stream, as shipped",
        "windowed Gaussian (NAB), best",
        "published, 31 files: ARTime",
    ):
        assert title in printed.out
    assert "made/two.csv" in printed.out
    for series in load_nab(folder):
        rows = verdicts(out / series.name)
        assert [row["timestamp"] for row in rows] == list(series.spelling[0])
        assert [row["value"] for row in rows] == list(series.spelling[1])
        expected = scored(capsys, tmp_path, *series.spelling)
        assert [(float(row["anomaly_score"]), row["alert"] == "1") for row in rows] == expected
        assert any(firing for _, firing in expected)


def test_cloud_keeps_rows_that_are_not_scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = cloud_folder(tmp_path / "cloud", missing=(5, 150), repeated=(120,), peaks=(120, 201, 202))
    status, printed = call(
        monkeypatch,
        capsys,
        lambda: run_command("cloud", "", load_cloud),
        *("--data", folder, "--out", tmp_path / "out", "--rivals", "none"),
    )
    assert status == 0
    assert "1 segments" in printed.out
    [series] = load_cloud(folder)
    rows = verdicts(tmp_path / "out" / series.name)
    assert len(rows) == 400
    assert [row["value"] for row in rows] == list(series.spelling[1])
    assert rows[150] == {
        "timestamp": series.spelling[0][150],
        "value": "",
        "anomaly_score": "0.0",
        "alert": "0",
    }
    assert rows[120]["anomaly_score"] == "0.0"
    expected = scored(capsys, tmp_path, *series.spelling)
    assert [(float(row["anomaly_score"]), row["alert"] == "1") for row in rows] == expected


def test_without_labels_only_alerts_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = nab_folder(tmp_path / "nab", peaks=PEAKS)
    (folder / "labels" / "combined_windows.json").unlink()
    status, printed = call(monkeypatch, capsys, measure_nab, "--data", folder, "--out", tmp_path / "out")
    assert status == 0
    alerts = sum(
        row["alert"] == "1" for name in ("one", "two") for row in verdicts(tmp_path / f"out/made/{name}.csv")
    )
    assert printed.out.strip() == (
        f"nab: 2 files, none of them labelled: {alerts} alerts, {1000 * alerts / 200:.2f} in 1000 of 200 rows"
    )


def test_a_config_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = nab_folder(tmp_path / "nab", peaks=PEAKS)
    write(tmp_path / "blind.yaml", "metric: cpu\nmin_observations: 99\n")
    arguments = (
        "--data",
        folder,
        "--out",
        tmp_path / "out",
        "--rivals",
        "none",
        "--config",
        tmp_path / "blind.yaml",
    )
    status, _ = call(monkeypatch, capsys, measure_nab, *arguments)
    assert status == 0
    assert not any(float(row["anomaly_score"]) for row in verdicts(tmp_path / "out/made/one.csv")[:99])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--rivals", "nobody"), "no rival is called nobody"),
        (("--rivals", "none", "--config", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_faults_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[object, ...],
    reason: str,
) -> None:
    folder = nab_folder(tmp_path / "nab")
    status, printed = call(monkeypatch, capsys, measure_nab, "--data", folder, *arguments)
    assert status == 2
    assert reason in printed.err
    assert "Traceback" not in printed.err


def test_an_empty_folder_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, printed = call(monkeypatch, capsys, measure_nab, "--data", tmp_path)
    assert status == 2
    assert "no data/<category>/<file>.csv" in printed.err


def test_quality_puts_all_corpora_side_by_side(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nab_folder(tmp_path / "nab", peaks=PEAKS)
    cloud_folder(tmp_path / "cloud", peaks=(201, 202))
    few = tuple(series_of(kind, 0) for kind in ("rare_failure", "clean_noise", "spike"))
    monkeypatch.setattr(quality, "suite", lambda: few)
    status, printed = call(
        monkeypatch, capsys, quality.main, "--data", tmp_path, "--rivals", "river-gaussian"
    )
    assert status == 0
    for title in (
        "NAB: 2 series",
        "service metrics: 1 series",
        "synthetic suite: 3 series",
        "river GaussianScorer, best",
    ):
        assert title in printed.out
    assert printed.out.strip().splitlines()[-1].startswith("anomaly-stream, all at ")


def test_quality_without_a_folder_runs_the_made_suite_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(quality, "suite", lambda: (series_of("rare_failure", 0),))
    status, printed = call(monkeypatch, capsys, quality.main, "--rivals", "none")
    assert status == 0
    assert "synthetic suite: 1 series" in printed.out
    assert "DIR/nab/data would" in printed.err
    assert "DIR/cloud/data would" in printed.err


def test_rivals_are_chosen() -> None:
    assert selected("none") == []
    assert selected("all") == list(RIVALS)
    assert not {"pysad-knncad", "pysad-loda"}.intersection(selected("fast"))
    assert selected("river-hst,adtk-iqr") == ["river-hst", "adtk-iqr"]


@pytest.mark.parametrize(
    ("name", "how"), [("nab", "file"), ("cloud", "file"), ("synthetic", "file"), ("nab", "module")]
)
def test_a_command_runs_as_a_file_and_as_a_module(name: str, how: str, tmp_path: Path) -> None:
    command = [str(ROOT / "benchmarks" / f"{name}.py")] if how == "file" else ["-m", f"benchmarks.{name}"]
    where = tmp_path if how == "file" else ROOT
    done = subprocess.run(
        [sys.executable, *command, "--help"], cwd=where, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "--rivals" in done.stdout


def test_equal_values_keep_their_spelling(tmp_path: Path) -> None:
    folder = tmp_path / "nab"
    write(
        folder / "data" / "made" / "one.csv",
        "timestamp,value\n2024-01-01 00:00:00,007.10\n2024-01-01 00:05:00,1e3\n",
    )
    [series] = load_nab(folder)
    assert series.spelling[1] == ("007.10", "1e3")
    assert np.array_equal(series.values, [7.1, 1000.0])
