"""``anomaly-stream tune``: what it says if there is nothing to propose. ``tests/docs`` has a proposal."""

import json
from pathlib import Path

import pytest

from anomaly_stream.cli.tune import _figures
from anomaly_stream.report.trials import RaisedAlert
from anomaly_stream.report.tuning import LabelledAlert, assess
from tests.cli.test_faults import run
from tests.report.test_proposal import DOCUMENT, observations
from tests.report.test_tuning import feedback


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flow.yaml").write_text(json.dumps(DOCUMENT))
    Path("in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in observations(200)))
    Path("feedback.jsonl").write_text("\n")


@pytest.mark.usefixtures("folder")
def test_without_feedback_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    files = ("--config", "flow.yaml", "--input", "in.jsonl", "--feedback", "feedback.jsonl")
    code, out, err = run(capsys, "tune", "flow", *files, "--output", "proposal.yaml")
    assert (code, out) == (1, "")
    assert "nobody has said of an alert on values of config flow whether it was right" in err
    assert "anomaly-stream alerts feedback ALERT_ID false_alarm" in err
    assert not Path("proposal.yaml").exists()

    Path("feedback.jsonl").write_text('{"alert_id": "a"}')
    code, _, err = run(capsys, "tune", "flow", *files)
    assert (code, "feedback.jsonl:1: is no feedback: " in err) == (1, True)

    code, _, err = run(capsys, "tune", "other", *files)
    assert (code, "flow.yaml has no config other" in err) == (1, True)


def test_what_cannot_be_said_has_its_reason() -> None:
    nothing = assess([], [], days=0.01)
    lines = list(_figures(nothing, None))
    assert lines[-4:] == [
        "alerts            0",
        "alerts per day    -",
        "No precision: without a kept true or false alarm there is none.",
        "No alerts per day: the observations cover less than an hour.",
    ]
    alert = RaisedAlert("flow", (), 0.0, 1.0, 1.0, 0.0)
    label = LabelledAlert(feedback(0.5), alert)
    assert [line for line in _figures(assess([alert], [label], days=2.0), nothing) if "No " in line]
    assert not [line for line in _figures(assess([alert], [label], days=2.0), None) if "No " in line]
