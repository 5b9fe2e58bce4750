"""``anomaly-stream explain --blind-spots`` from files to text and JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from anomaly_stream.cli import blind_spots
from tests.cli.test_faults import run

CONFIG = "{metric: flow, detectors: [zscore], direction: above, match: {site: '=~A|B'}}"
GROUP = "{id: g, members: {a: flow, b: other}}"


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, ...]:
    config, source = tmp_path / "a.yaml", tmp_path / "in.csv"
    config.write_text(f"configs: [{CONFIG}, {GROUP}]")
    random = np.random.default_rng(2)
    rows = [
        f"{1.7e9 + 60 * i:.0f},flow,{site},{50 + random.normal():.4f}" for i in range(400) for site in "ABC"
    ]
    source.write_text("\n".join(["timestamp,metric,site,value", *rows]) + "\n")
    return "explain", "--config", str(config), "--input", str(source), "--blind-spots"


def test_text(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments, "--within", "20")
    assert code == 0
    assert (
        err == "2 series tried, 0 could not be\n1 group not tried: changes are injected into single series\n"
    )
    first, second = out.split("\n\n")
    assert first.startswith("flow{site=A}, config flow\n  noise             ")
    assert second.startswith("flow{site=B}, config flow\n")
    for line in (
        "  tried             at 20 places of the last quarter; an alert counts within 20 values (20 min)\n",
        "  spike up          ",
        "  blind    ",
    ):
        assert line in first


def test_json_and_what_is_left_out(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blind_spots, "MOST", 1)
    code, out, err = run(capsys, *arguments, "--json", "--within", "10")
    assert code == 0
    assert err.startswith(
        "1 series tried, 0 could not be\n1 more not tried, beyond 1: choose some with --series TEXT\n"
    )
    found = json.loads(out)
    assert (found["series"], found["config_id"], found["within"]) == ("flow{site=A}", "flow", 10)
    assert [(one["kind"], one["side"]) for one in found["findings"]] == [
        ("spike", "up"), ("level shift", "up"), ("drift", "up"),
    ]  # fmt: skip
    assert all(one["noises"] > 2 for one in found["findings"])


def test_nothing_could_be_tried(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments, "--within", "399")
    assert code == 1
    assert out.count("  not tried: it has 400 values, too few for 399 after others") == 2
    assert "none of 2 series could be tried" in err


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--at", "2024-01-01"), 2, "give either --at TIME or --blind-spots"),
        (
            ("--series", "site=C"),
            1,
            "in.csv: config flow matched nothing: no series has site =~ 'A|B'; its values are 'C'",
        ),
        (
            ("--series", "site=X"),
            1,
            "in.csv: no series has 'site=X' in its name; there are 'flow{site=A}', 'flow{site=B}', "
            "'flow{site=C}'",
        ),
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
    assert message in err


@pytest.mark.parametrize(
    ("config", "lines", "said"),
    [
        ("metric: m", "", "in.jsonl: no values in the input: 0 faulty lines"),
        (
            "metric: m",
            '{"metric": "m", "timestamp": 60, "value": "x"}\n',
            "in.jsonl: no values in the input: 1 faulty line",
        ),
        (
            "metric: other",
            '{"metric": "m", "timestamp": 60, "value": 1}\n',
            "in.jsonl: config other matched nothing: no metric is 'other'; the input has 'm'",
        ),
        (
            GROUP,
            '{"metric": "flow", "timestamp": 60, "value": 1}\n',
            "1 group not tried: changes are injected into single series; give a config of a single metric",
        ),
    ],
)
def test_each_cause_of_an_empty_answer_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, config: str, lines: str, said: str
) -> None:
    (tmp_path / "a.yaml").write_text(config)
    (tmp_path / "in.jsonl").write_text(lines)
    files = "--config", str(tmp_path / "a.yaml"), "--input", str(tmp_path / "in.jsonl")
    assert run(capsys, "explain", *files, "--blind-spots") == (1, "", f"anomaly-stream: {said}\n")


def test_faulty_lines_are_counted(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    source = Path(arguments[4])
    source.write_text(source.read_text() + "soon,flow,A,1\n")
    _, _, err = run(capsys, *arguments, "--within", "10")
    assert err.endswith("\n1 faulty line left out\n")
