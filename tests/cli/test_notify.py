"""The verbs of notify that need no Kafka: what they print, and what they say of faults."""

import json
from pathlib import Path

import pytest

from tests.cli.test_faults import run
from tests.history.messages import alert_event
from tests.notify.world import ROUTING


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a routing file and an event; it is the working directory."""
    (tmp_path / "routing.yaml").write_text(ROUTING)
    (tmp_path / "event.json").write_bytes(alert_event("a"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANOMALY_STREAM_NOTIFY__ROUTING_FILE", "routing.yaml")
    return tmp_path


def test_control_characters_of_an_event_do_not_reach_the_terminal(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "\x1b[2J\x07\x9b31m\r"
    event = alert_event("a", labels={"host": f"web{text}\n-1"}, explanation=f"load {text}\nis 2")
    (directory / "event.json").write_bytes(event)
    code, output, _ = run(capsys, "notify", "test", "--event", "event.json")
    assert code == 0
    assert {character for character in output if not character.isprintable()} == {"\n"}
    assert r"host web\x1b[2J\x07\x9b31m\r\n-1" in output


def test_nor_do_those_of_a_routing_file(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "routing.yaml").write_text(ROUTING.replace("'owner =~ \"pay.*\"'", '"owner = p\\x9b\\x7f"'))
    for arguments in (["routes"], ["test", "--event", "event.json"]):
        _, output, errors = run(capsys, "notify", *arguments)
        assert all(character.isprintable() or character == "\n" for character in output + errors)
    (directory / "routing.yaml").write_text(ROUTING.replace("group_wait", '"gr\\e[2Joup"'))
    code, _, errors = run(capsys, "notify", "routes")
    assert code == 2
    assert r"gr\x1b[2Joup" in errors


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "event.json: cannot be opened: No such file or directory"),
        (b"", "event.json is not one alert event"),
        (b"\xff", "event.json: is not UTF-8"),
        (b"{}", "event.json is not one alert event"),
        (alert_event("a") + b"\n" + alert_event("b"), "event.json is not one alert event"),
        (json.dumps([]).encode(), "event.json is not one alert event"),
    ],
)
def test_an_event_that_cannot_be_read_is_one_clear_line(
    directory: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, reason: str
) -> None:
    (directory / "event.json").unlink()
    if content is not None:
        (directory / "event.json").write_bytes(content)
    code, output, errors = run(capsys, "notify", "test", "--event", "event.json")
    assert (code, output) == (1, "")
    assert errors.startswith(f"anomaly-stream: {reason}")
    assert errors.count("\n") == 1
    assert "Errno" not in errors


def test_an_event_that_is_dropped_is_said(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = ROUTING.replace('"pay.*"\']\n      receiver: team', '"pay.*"\']\n      receiver: nobody')
    (directory / "routing.yaml").write_text(text + "  - name: nobody\n")
    code, output, _ = run(capsys, "notify", "test", "--event", "event.json")
    assert code == 0
    said = 'owner=~"pay.*" -> nobody: dropped, because the receiver has no integration'
    assert output.splitlines()[-1] == said


def test_a_receiver_that_no_route_uses_is_said(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["routes"], ["test", "--event", "event.json"]):
        assert "No route uses" not in run(capsys, "notify", *arguments)[2]
    text = ROUTING + '  - name: unused\n    webhook: {url: "http://hooks.example.com/"}\n'
    (directory / "routing.yaml").write_text(text)
    for arguments in (["routes"], ["test", "--event", "event.json"]):
        code, _, errors = run(capsys, "notify", *arguments)
        assert code == 0
        assert errors.count("No route uses the receiver unused") == 1
