"""A fault of a data set: exit 2 and one line with path, line, reason and cure, before anything runs."""

import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration, services, skab
from benchmarks.data_files import DataError, Table
from benchmarks.quality import __main__ as quality
from benchmarks.quality import ablation, choose
from benchmarks.quality.commands import run_command
from benchmarks.quality.folders import load_cloud, load_corpora, load_nab
from benchmarks.quality.reading import read_corpora
from tests.benchmarks.quality.folders import cloud_folder, nab_folder, write

ROOT = Path(__file__).parents[2]
HEADER = "TimeStamp,Value,Label\n"
ROW = "2024-01-01 00:00:00,1,0\n"
OF_CORPORA: dict[str, Callable[[], int]] = {
    "choose": choose.main,
    "quality": quality.main,
    "ablation": ablation.main,
    "calibration": calibration.main,
}
COMMANDS: dict[str, Callable[[], int]] = {
    **OF_CORPORA,
    "nab": lambda: run_command("nab", "", load_nab),
    "cloud": lambda: run_command("cloud", "", load_cloud),
    "services": services.main,
    "skab": skab.main,
}


def fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, data: Path
) -> str:
    """The one line that a command ends with."""
    monkeypatch.setattr(sys, "argv", ["benchmark", "--data", str(data)])
    assert COMMANDS[command]() == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    assert line.startswith("python -m benchmarks.")
    return line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("name", "reason"), [("nowhere", "no such folder; looked for "), ("", "no ")])
def test_a_folder_that_does_not_exist_or_is_empty(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    name: str,
    reason: str,
) -> None:
    line = fault(monkeypatch, capsys, command, tmp_path / name)
    assert f"{tmp_path / name}: {reason}" in line
    assert ".csv in it: " in line


@pytest.mark.parametrize("command", OF_CORPORA)
def test_files_without_a_category_are_not_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    cloud_folder(tmp_path / "good")
    write(tmp_path / "own" / "data" / "one.csv", HEADER + ROW)
    line = fault(monkeypatch, capsys, command, tmp_path)
    assert f"{tmp_path}/own/data/one.csv: not at data/<category>/<file>.csv: move it" in line


@pytest.mark.parametrize("command", OF_CORPORA)
def test_a_corpus_in_place_of_the_folder_above_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    cloud_folder(tmp_path)
    line = fault(monkeypatch, capsys, command, tmp_path)
    assert line.endswith("no <corpus>/data/<category>/<file>.csv in it: give the folder above this one")


def test_the_pages_give_each_command_its_folder() -> None:
    pages = "".join(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))
    written = re.findall(r"benchmarks[./](?:quality\.)?(\w+)(?:\.py)? --data ([\w/]+)", pages)
    assert {command for command, _ in written} == COMMANDS.keys() - {"quality"}
    for command, folder in written:
        assert folder == ("DATA" if command in OF_CORPORA else f"DATA/{command}"), command


@pytest.mark.parametrize("command", [*OF_CORPORA, "cloud"])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-01-01 00:05:00,1", "2 cells, and the header has 3"),
        ("2024-01-01 00:05:00,1,000,0", "4 cells, and the header has 3"),
        ("2024-01-01 00:05:00,1,3", "Label is '3'; it must be 0 or 1 or 2"),
        ("2024-01-01 00:05:00,1,", "Label is ''; it must be 0 or 1 or 2"),
        ("2024-01-01 00:05:00,much,0", "Value is 'much'; it must be a finite number or an empty cell"),
        ("2024-01-01 00:05:00,inf,0", "Value is 'inf'; it must be a finite number or an empty cell"),
        ("yesterday,1,0", "TimeStamp is 'yesterday'; it must be a time such as 2024-01-31 23:59:00"),
        ("1704067200,1,0", "TimeStamp is '1704067200'; it must be a time such as"),
        (",1,0", "TimeStamp is ''; it must be a time such as"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    row: str,
    reason: str,
) -> None:
    folder = tmp_path if command == "cloud" else tmp_path / "own"
    path = folder / "data" / "made" / "one.csv"
    write(path, f"{HEADER}{ROW}\n{row}\n{ROW}")
    assert f"{path}, line 4: {reason}" in fault(monkeypatch, capsys, command, tmp_path)


def rows(*cells: str) -> str:
    """A file of hourly rows with these cells after the time."""
    return HEADER + "".join(f"2024-01-01 {hour:02}:00:00,{cell}\n" for hour, cell in enumerate(cells))


GOOD = rows(*["1,0"] * 12).splitlines(keepends=True)


@pytest.mark.parametrize("command", [*OF_CORPORA, "cloud"])
@pytest.mark.parametrize(
    ("text", "place", "reason", "cure"),
    [
        (HEADER + ROW, "", "only one row", "remove the file or fill it"),
        (
            "".join([HEADER, *reversed(GOOD[1:])]),
            ", line 3",
            "TimeStamp is '2024-01-01 10:00:00', before '2024-01-01 11:00:00' in the row above",
            "sort the rows, oldest first",
        ),
        (
            "".join([HEADER, *(row for row in GOOD[1:] for _ in range(2))]),
            ", line 3",
            "TimeStamp is '2024-01-01 00:00:00', equal to '2024-01-01 00:00:00' in the row above",
            "keep one row for each time, and one series in a file",
        ),
        (rows(*[",0"] * 9, ",1"), "", "no row has a value", "remove the file or fill it"),
        (rows("1,1", "1,1", "1,2"), "", "no row has Label 0", "or remove the file"),
    ],
)
def test_a_file_that_is_no_series(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    text: str,
    place: str,
    reason: str,
    cure: str,
) -> None:
    folder = tmp_path if command == "cloud" else tmp_path / "own"
    cloud_folder(folder)
    path = folder / "data" / "made" / "two.csv"
    write(path, text)
    line = fault(monkeypatch, capsys, command, tmp_path)
    assert f"{path}{place}: {reason}" in line
    assert line.endswith(cure)


def test_a_few_rows_may_repeat_a_time_or_go_back_as_in_published_data(tmp_path: Path) -> None:
    times = [*range(150), 149, 100, *range(150, 300)]
    moments = np.datetime64("2024-01-01T00") + np.array(times, "timedelta64[h]")
    write(tmp_path / "data" / "made" / "one.csv", HEADER + "".join(f"{time},1,0\n" for time in moments))
    [series] = load_cloud(tmp_path)
    assert np.diff(series.times).tolist().count(3600) == 298


@pytest.mark.parametrize("command", [*OF_CORPORA, "cloud"])
def test_labels_that_are_all_in_the_warm_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    folder = tmp_path if command == "cloud" else tmp_path / "own"
    write(folder / "data" / "made" / "one.csv", rows("1,0", "1,1", *["1,0"] * 10))
    line = fault(monkeypatch, capsys, command, tmp_path)
    assert f"{folder}: each labelled anomaly begins in the warm-up of its file, so none counts; put " in line


def test_windows_that_are_all_in_the_probation_and_labels_without_a_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nab_folder(tmp_path)
    labels = tmp_path / "labels" / "combined_windows.json"
    write(labels, '{"made/one.csv": [["2024-01-01 00:01:00", "2024-01-01 00:09:00"]]}')
    assert "so none counts" in fault(monkeypatch, capsys, "nab", tmp_path)
    write(labels, '{"made/one.csv": []}')
    assert not any(series.labelled for series in load_nab(tmp_path))


def test_what_a_folder_holds_beside_the_corpora_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cloud_folder(tmp_path / "good")
    for name in (
        "services/a.csv",
        "skab/valve1/0.csv",
        "bad/h/h0.csv",
        "loose.csv",
        ".hidden/x",
        "README.md",
    ):
        write(tmp_path / name, "")
    assert list(read_corpora(tmp_path)) == ["good"]
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path}/bad: not measured, because it has no data/; put its series at "
        "data/<category>/<file>.csv in it",
        f"{tmp_path}/loose.csv: not measured; move it to <corpus>/data/<category>/<file>.csv",
        *(
            f"{path}: not measured here; python -m benchmarks.{path.name} --data {path} would"
            for path in (tmp_path / "services", tmp_path / "skab")
        ),
    ]


@pytest.mark.parametrize("command", OF_CORPORA)
def test_each_command_names_what_is_no_corpus(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    cloud_folder(tmp_path / "good")
    write(tmp_path / "bad" / "h0.csv", "")
    module = {"quality": quality, "choose": choose, "ablation": ablation, "calibration": calibration}[command]
    last = {"quality": "measure", "choose": "run_detector", "ablation": "_measured", "calibration": "table"}

    def stop(*_: object) -> None:
        raise ValueError("that is enough")

    monkeypatch.setattr(module, last[command], stop)
    for name in ("stationary", "hard"):
        monkeypatch.setattr(calibration, name, lambda _: {})
    monkeypatch.setattr(sys, "argv", ["benchmark", "--data", str(tmp_path)])
    with contextlib.suppress(ValueError):
        COMMANDS[command]()
    assert capsys.readouterr().err.count(f"{tmp_path}/bad: not measured") == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an empty file; remove it or fill it"),
        ("TimeStamp;Value\n2024-01-01;1\n", "line 1: no column TimeStamp, Value; .* name the columns so"),
        ("TimeStamp,Label\n2024-01-01,1\n", "line 1: no column Value"),
        (HEADER, "no rows below the header"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path / "data" / "made" / "one.csv", text)
    with pytest.raises(DataError, match=reason):
        load_cloud(tmp_path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"one\.csv: not a CSV file in UTF-8"):
        Table.read(path, ())


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("{", r"combined_windows\.json: not JSON"),
        ('{"made/one.csv": [["2030-01-01", "2030-01-02"]]}', r"one\.csv: no row is in its window"),
        ('{"made/one.csv": [["soon", "later"]]}', r"one\.csv: its window .* has not two times"),
    ],
)
def test_windows_that_fit_no_row(tmp_path: Path, labels: str, reason: str) -> None:
    nab_folder(tmp_path)
    write(tmp_path / "labels" / "combined_windows.json", labels)
    with pytest.raises(DataError, match=reason):
        load_nab(tmp_path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("300,5,0", "3 cells, and the header has 4"),
        ("300,5,2,1", "label is '2'; it must be 0 or 1"),
        ("300,,0,1", "m1 is ''; it must be a finite number"),
    ],
)
def test_a_bad_row_of_a_service(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    row: str,
    reason: str,
) -> None:
    write(tmp_path / "service1.csv", f"timestamp,m1,label,scored\n0,5,0,1\n{row}\n")
    line = fault(monkeypatch, capsys, "services", tmp_path)
    assert f"{tmp_path}/service1.csv, line 3: {reason}" in line


def test_a_bad_row_of_sensors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(tmp_path / "valve1" / "0.csv", "datetime;a;anomaly\n2020-03-09 10:14:33;1;0.0\nnow;1\n")
    line = fault(monkeypatch, capsys, "skab", tmp_path)
    assert f"{tmp_path}/valve1/0.csv, line 3: 2 cells, and the header has 3" in line


def test_labels_may_be_written_as_decimals(tmp_path: Path) -> None:
    cloud_folder(tmp_path / "own")
    path = tmp_path / "own" / "data" / "made" / "two.csv"
    write(path, f"{HEADER}{ROW}2024-01-01 00:05:00,,1.0\n2024-01-01T00:10:00Z,2,2.0\n")
    two = load_corpora(tmp_path)["own"][1]
    assert two.anomalies.tolist() == [[1, 1]]
    assert two.ignored.tolist() == [[2, 2]]


def test_calibration_names_a_corpus_without_labels(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "own" / "data" / "made" / "one.csv"
    write(path, f"{HEADER}{ROW}2024-01-01 00:05:00,1,0\n")
    for name in ("stationary", "hard"):
        monkeypatch.setattr(calibration, name, lambda _: {})
    monkeypatch.setattr(sys, "argv", ["benchmark", "--data", str(tmp_path)])
    assert calibration.main() == 0
    assert "own: not counted, because it has no labels" in capsys.readouterr().err
