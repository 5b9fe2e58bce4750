"""``anomaly-stream explain`` from files to text and JSON."""

import json
from pathlib import Path

import pytest

from tests.cli.test_faults import run
from tests.cli.test_report import WINDOWS
from tests.report.build import peaks

PEAK = "2023-11-15T00:43:20Z"


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, ...]:
    config, source = tmp_path / "a.yaml", tmp_path / "in.jsonl"
    config.write_text(WINDOWS)
    source.write_text("".join(json.dumps(document) + "\n" for document in peaks()))
    return "explain", "--config", str(config), "--input", str(source), "--at"


def test_a_value_in_text(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments, PEAK, "--series", "site=A")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "flow{site=A}, config flow, 2023-11-15 00:43:20 UTC"
    assert "  value      300" in lines
    assert "  state      this value opened an alert" in lines
    assert any(line.startswith("  evidence   zscore: statistic ") for line in lines)


def test_all_series_in_json(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, _ = run(capsys, *arguments, "1700009000", "--json")
    assert code == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [(one["series"], one["status"]) for one in found] == [
        ("flow{site=A}", "anomaly"), ("flow{site=B}", "normal"),
    ]  # fmt: skip
    assert all(one["why"] and one["enough"] and one["detectors"] for one in found)


def test_a_time_without_a_zone_is_in_that_of_the_file(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    written = "2023-11-15T09:43:20", "--timezone", "Asia/Tokyo"
    code, out, _ = run(capsys, *arguments, *written, "--series", "site=A")
    assert (code, out.splitlines()[0]) == (0, "flow{site=A}, config flow, 2023-11-15 00:43:20 UTC")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (
            (PEAK, "--series", "site=C"),
            1,
            "no series has 'site=C' in its name; there are flow{site=A}, flow{site=B}",
        ),
        (("noon",), 2, "'noon' is no time"),
    ],
)
def test_faults_are_named(
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    more: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    found, out, err = run(capsys, *arguments, *more)
    assert (found, out) == (code, "")
    assert message in " ".join(err.replace("│", " ").split())


def test_an_input_that_no_config_matches(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    Path(arguments[2]).write_text("metric: flows\n")
    code, _, err = run(capsys, *arguments, PEAK)
    assert code == 1
    assert "no config judged a value: 600 observations, of which 600 match no config" in err
