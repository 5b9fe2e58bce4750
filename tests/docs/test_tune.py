"""The offline command of docs/tune.md prints what the page says."""

import json
import shlex
from pathlib import Path

import pytest

from anomaly_stream.kafka.feedback_topic import encode_feedback
from tests.cli.test_faults import run
from tests.docs.test_tutorial import ROOT, blocks_of
from tests.report.test_proposal import DOCUMENT, observations, raised, said_of

PAGE = ROOT / "docs" / "tune.md"


def write_files() -> None:
    Path("flow.yaml").write_text(json.dumps(DOCUMENT))
    Path("flow.jsonl").write_text("".join(json.dumps(each) + "\n" for each in observations()))
    lines = [encode_feedback(each)[1].decode() for each in said_of(raised())]
    Path("feedback.jsonl").write_text("\n".join(lines))


def test_the_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files()
    blocks = blocks_of(PAGE.read_text())
    (command,) = [block.text for block in blocks if block.language == "sh"]
    (printed,) = [block.text for block in blocks if block.language == "text"]
    program, *arguments = shlex.split(command)
    assert program == "anomaly-stream"
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "proposal.yaml: apply it with `anomaly-stream configs apply proposal.yaml`\n")
    assert out.startswith(printed.rstrip("\n").removesuffix("...").rstrip("\n"))
    code, out, _ = run(capsys, "configs", "validate", "proposal.yaml")
    assert code == 0, out
