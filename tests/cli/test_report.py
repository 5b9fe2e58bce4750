"""``anomaly-stream report`` from files to a page."""

import json
from pathlib import Path

import pytest

from tests.cli.test_faults import run
from tests.report.build import peaks
from tests.report.test_page import charts_of, outline_of

WINDOWS = "metric: flow\ndetectors: [zscore, modified_zscore, iqr]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with configs a, b and none, and the input as JSON lines and as CSV."""
    monkeypatch.chdir(tmp_path)
    documents = peaks()
    Path("a.yaml").write_text(WINDOWS)
    Path("b.yaml").write_text(f"{WINDOWS}direction: below\n")
    Path("none.yaml").write_text("metric: other\n")
    Path("in.jsonl").write_text("".join(json.dumps(document) + "\n" for document in documents))
    rows = [
        f"{one['timestamp']},{site['site']},{one['value']}"
        for one in documents
        if isinstance(site := one["labels"], dict)
    ]
    Path("in.csv").write_text("\n".join(["timestamp,site,value", *rows]))
    return tmp_path


def test_a_page_of_one_config(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, err = run(capsys, "report", "--config", "a.yaml", "--input", "in.jsonl")
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "a.yaml: 600 observations of 2 series: 2 anomalies, 1 alert",
        "report.html: open it in a browser",
    ]
    Path("both.yaml").write_text("[{metric: flow, id: one}, {metric: flow, id: two}]")
    said = run(capsys, "report", "--config", "both.yaml", "--input", "in.jsonl", "-o", "both.html")[2]
    assert said.startswith("both.yaml: 600 observations of 2 series:")  # each once, as score counts them
    page = Path("report.html").read_text()
    assert outline_of(page).texts["h3"] == ["flow{site=A}", "flow{site=B}"]
    first = charts_of(page)[0]
    assert [value for value, severity in zip(first["v"], first["k"], strict=True) if severity > 0] == [
        300,
        300,
    ]


def test_csv_gives_the_same_page(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    run(capsys, "report", "--config", "a.yaml", "--input", "in.jsonl", "-o", "lines.html")
    code, *_ = run(
        capsys, "report", "--config", "a.yaml", "--input", "in.csv", "--metric", "flow", "-o", "csv.html"
    )
    assert code == 0
    assert Path("csv.html").read_text() == Path("lines.html").read_text().replace("in.jsonl", "in.csv")


@pytest.mark.parametrize("verb", [["report"], ["explain", "--at", "1700009000"]], ids=["report", "explain"])
def test_the_options_of_the_input_are_those_of_score(
    capsys: pytest.CaptureFixture[str], folder: Path, verb: list[str]
) -> None:
    first, second = Path("first.csv"), Path("second.csv")
    rows = [line.split(",") for line in Path("in.csv").read_text().splitlines()[1:]]
    wide = ["when;flow", *(f"{time};{value.replace('.', ',')}" for time, site, value in rows if site == "A")]
    first.write_text("\n".join([wide[0], *wide[200:]]))
    second.write_text("\n".join(wide[:200]))
    options = ["--wide", "--timestamp-column", "when", "--decimal", ",", "--sort", "--timezone", "UTC"]
    files = ["--input", str(first), "--input", str(second)]
    code, out, err = run(capsys, *verb, "--config", "a.yaml", *files, *options)
    assert code == 0, err
    if verb == ["report"]:
        assert err.splitlines()[0] == "a.yaml: 300 observations of 1 series: 2 anomalies, 1 alert"
        assert outline_of(Path("report.html").read_text()).texts["h1"] == ["first.csv, second.csv"]
    else:
        assert out.startswith("flow, config flow, 2023-11-15 00:43:20 UTC")


def test_two_configs_and_labels(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    Path("labels.csv").write_text("start,end,site\n1700009000,1700009060,A\n1700012000,1700012060,B\n")
    arguments = ("--config", "a.yaml", "--config", "b.yaml", "--input", "in.jsonl", "--labels", "labels.csv")
    code, _, err = run(capsys, "report", *arguments, "-o", "r.html")
    assert code == 0
    assert "b.yaml: 600 observations of 2 series: 0 anomalies, 0 alerts" in err
    rows = outline_of(Path("r.html").read_text()).texts["tr"]
    assert "all series" + "010" + "020" in rows
    assert "A" + "100%" + "50%" + "1121" in rows
    assert "B" + "none" + "0%" + "0020" in rows


def test_the_reasons_why_values_are_not_scored_are_reported(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    Path("few.jsonl").write_text("".join(Path("in.jsonl").read_text().splitlines(True)[:20]) + "rubbish\n")
    code, _, err = run(
        capsys, "report", "--config", "a.yaml", "--config", "none.yaml", "--input", "few.jsonl"
    )
    assert code == 0
    assert "warning: a.yaml: nothing was scored, because all 20 values" in err
    assert "warning: none.yaml: 20 values of series that no config matches" in err
    said = outline_of(Path("report.html").read_text()).texts["p"]
    assert any(text.startswith("a.yaml: nothing was scored, because all 20 values") for text in said)
    assert "none.yaml: 20 values of series that no config matches: compare `metric` and `match`" in said
    assert "1 line of the input could not be read; `anomaly-stream score` lists them." in said


def test_rows_that_cannot_be_read_are_counted(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    Path("in.csv").write_text(Path("in.csv").read_text() + "\n1,2\n1700099999,A,much\n")
    code, *_ = run(capsys, "report", "--config", "a.yaml", "--input", "in.csv", "--metric", "flow")
    assert code == 0
    said = outline_of(Path("report.html").read_text()).texts["p"]
    assert "2 lines of the input could not be read; `anomaly-stream score` lists them." in said


def test_the_page_goes_to_standard_output(capsysbinary: pytest.CaptureFixture[bytes], folder: Path) -> None:
    code, out, _ = run(capsysbinary, "report", "--config", "a.yaml", "--input", "in.jsonl", "-o", "-")  # type: ignore[arg-type]
    assert code == 0
    assert out.startswith(b"<!DOCTYPE html>")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--config", "a.yaml", "--input", "gone.csv"), 1, "gone.csv: cannot be opened"),
        (("--config", "a.yaml", "--input", "empty.jsonl"), 1, "empty.jsonl: holds no observation"),
        (("--config", "a.yaml", "--input", "in.jsonl", "--labels", "a.yaml"), 1, "a.yaml: the header needs"),
        (("--config", "bad.yaml", "--input", "in.jsonl"), 2, "bad.yaml:1: metric"),
        (("--config", "a.yaml", "--input", "in.csv"), 1, "in.csv: the table has no column 'metric'"),
        (("--config", "a.yaml") * 3 + ("--input", "in.jsonl"), 2, "at most two can be compared"),
    ],
)
def test_faults_are_named(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    Path("empty.jsonl").touch()
    Path("bad.yaml").write_text("metric: 5\n")
    found, _, err = run(capsys, "report", *arguments)
    assert found == code
    assert message in err
    assert not Path("report.html").exists()
