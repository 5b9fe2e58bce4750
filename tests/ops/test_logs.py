"""The log of a process: one line per record, in the form and from the level of the settings."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from anomaly_stream.ops.logs import configure_logging, fail, start_log_buffer
from tests.process_log import restored_logging


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    with restored_logging():
        yield


def test_json_has_one_object_per_record(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "INFO")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("anomaly_stream.part").exception("It failed for %s", 'm{host="a\nb"}')
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert list(found) == ["time", "level", "logger", "message", "exception"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["time"])
    assert (found["level"], found["logger"]) == ("ERROR", "anomaly_stream.part")
    assert found["message"] == 'It failed for m{host="a\nb"}'
    assert found["exception"].startswith("Traceback")
    assert found["exception"].endswith("ValueError: first\nsecond")


def test_a_message_for_people_is_one_line_whatever_a_label_holds(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("human", "INFO")
    logging.getLogger("anomaly_stream").info("series m{a=%s}", "x\n2026-01-01T00:00:00.000Z ERROR y\x1b[2J")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"Z INFO anomaly_stream: series m{a=x\n2026-01-01T00:00:00.000Z ERROR y\x1b[2J}")


@pytest.mark.parametrize(
    ("level", "ours", "libraries"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR"], ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"], ["WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"], ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"], ["ERROR"]),
    ],
)
def test_levels(
    level: str, ours: list[str], libraries: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json", level)
    for name in ("anomaly_stream.x", "aiokafka.x"):
        for each in ("DEBUG", "INFO", "WARNING", "ERROR"):
            logging.getLogger(name).log(logging.getLevelNamesMapping()[each], "text")
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["level"] for each in found if each["logger"] == "anomaly_stream.x"] == ours
    assert [each["level"] for each in found if each["logger"] == "aiokafka.x"] == libraries


def test_what_is_logged_before_the_settings_are_known_appears_in_their_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_log_buffer()
    logging.getLogger("anomaly_stream.early").warning("early")
    assert capsys.readouterr().err == ""
    configure_logging("json", "INFO")
    logging.getLogger("anomaly_stream.late").warning("late")
    messages = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert messages == ["early", "late"]


def test_configuring_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("human", "INFO")
    configure_logging("json", "INFO")
    logging.getLogger("anomaly_stream").warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("form", ["human", "json"])
def test_the_reason_of_an_end_is_the_last_line_in_the_form_of_the_log(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json" if form == "json" else "human", "INFO")
    with pytest.raises(SystemExit) as ended:
        fail("a: is wrong\nb: is wrong", 2)
    logging.getLogger("asyncio").error("Future exception was never retrieved")
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    texts = [json.loads(line)["message"] for line in lines] if form == "json" else lines
    assert texts == ["anomaly-stream: a: is wrong", "anomaly-stream: b: is wrong"]
