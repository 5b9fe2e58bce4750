import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from anomaly_stream import __version__
from anomaly_stream.cli import main
from tests.process_log import restored_logging


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with restored_logging(), pytest.raises(SystemExit) as ended:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"anomaly-stream {__version__}\n", "")


@pytest.mark.parametrize(
    "verb",
    [["worker"], ["score"], ["report"], ["explain"], ["demo"], ["broker"],
     ["topics", "create"], ["topics", "check"],
     ["configs", "validate"], ["configs", "apply"], ["configs", "list"], ["configs", "delete"]],
    ids=" ".join,
)  # fmt: skip
def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str], verb: list[str]) -> None:
    code, out, _ = run(capsys, *verb, "--help")
    assert code == 0
    assert f"Example: anomaly-stream {' '.join(verb)}" in " ".join(out.split())


def test_an_unknown_verb_is_a_usage_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "scor")[0] == 2


def test_a_choice_that_there_is_not_is_answered_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = run(capsys, "tokens", "create", "--group", "a", "--role", "boss")
    assert code == 2
    assert "Invalid value for '--role': 'boss' is not one of 'viewer', 'editor', 'admin'." in err


def test_settings_faults_are_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_LOG_LEVEL", "loud")
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPCE", "x")
    code, out, err = run(capsys, "worker")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "anomaly-stream: ANOMALY_STREAM_LOG_LEVEL: must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
        "anomaly-stream: ANOMALY_STREAM_NAMESPCE: unknown field; did you mean 'namespace'?",
    ]


def test_a_command_in_this_process_leaves_its_logging_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    names = (None, "anomaly_stream", "aiokafka.conn")
    before = logging.root.handlers[:], [logging.getLogger(name).level for name in names]
    assert run(capsys, "score", "--config", "gone.yaml", "--input", "gone.jsonl")[0] == 1
    assert (logging.root.handlers, [logging.getLogger(name).level for name in names]) == before
    logging.getLogger("anomaly_stream.audit").info("somebody's process says it")
    assert capsys.readouterr().err == ""


def test_an_unreachable_broker_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.topic_setup.TIMEOUT_S", 0.5)
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    code, _, err = run(capsys, "topics", "check")
    assert code == 1
    assert err.startswith("anomaly-stream: Kafka cannot be reached")
    assert "127.0.0.1:1: connection refused" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path, unbuffered: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("metric: m")
    data = tmp_path / "data.jsonl"
    data.write_text("".join(f'{{"metric":"m","timestamp":{i},"value":1}}\n' for i in range(20_000)))
    command = [
        sys.executable,
        "-m",
        "anomaly_stream",
        "score",
        "--all",
        "--config",
        str(config),
        "--input",
        str(data),
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    scoring = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert scoring.stdout is not None
    assert scoring.stdout.readline().startswith(b"{")
    scoring.stdout.close()
    assert scoring.stderr is not None
    err = scoring.stderr.read()
    scoring.wait(60)
    assert b"Traceback" not in err
    assert scoring.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config, data = tmp_path / "config.yaml", tmp_path / "data.jsonl"
    config.write_text("metric: m")
    data.write_text('{"metric":"m","timestamp":1,"value":1}\n')
    code, _, err = run(
        capsys, "score", "--all", "--config", str(config), "--input", str(data), "--output", "/dev/full"
    )
    assert (code, err) == (1, "anomaly-stream: [Errno 28] No space left on device\n")


ENDS_WITH_A_FUTURE = """
import asyncio
import logging
from anomaly_stream import cli
from anomaly_stream.errors import BrokerError

logging.basicConfig()

def worker(**_):
    future = asyncio.new_event_loop().create_future()
    future.set_exception(ValueError("nobody asked"))
    raise BrokerError("the broker is gone")

cli.app = worker
cli.main()
"""


def test_nothing_follows_the_last_line() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDS_WITH_A_FUTURE], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "anomaly-stream: the broker is gone\n"
