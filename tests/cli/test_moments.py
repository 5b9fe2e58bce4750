"""Times on the command line."""

import math
import time
from zoneinfo import ZoneInfo

import pytest
import typer

from anomaly_stream.cli import command_tree
from anomaly_stream.cli.moments import instant, moment, span, written
from scripts.reference.commands import options, verbs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", 1_769_860_800.0),
        ("2026-01-31T12:00:00", 1_769_860_800.0),
        ("2026-01-31T17:45:00+05:45", 1_769_860_800.0),
        ("2026-01-31", 1_769_817_600.0),
    ],
)
def test_a_time_without_a_zone_is_utc_wherever_the_machine_is(
    text: str, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert moment(text, "--from") == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_zone_that_is_given_holds_for_times_that_name_none() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert instant("2026-01-31T13:00:00", "--from", zone).timestamp() == 1_769_860_800.0
    assert instant("2026-01-31T12:00:00Z", "--from", zone).timestamp() == 1_769_860_800.0


def test_the_help_of_every_time_says_in_which_zone_it_is() -> None:
    times = [
        (path, option)
        for path, command in verbs(command_tree(), "anomaly-stream")
        for option in options(command)
        if option.metavar == "TIME"
    ]
    assert len(times) > 10
    assert [(path, option.name) for path, option in times if "UTC" not in option.help] == [
        ("anomaly-stream explain", "at"),
        ("anomaly-stream silences add", "begin"),
        ("anomaly-stream silences add", "until"),
    ]  # they have --timezone


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        (0.0, 60.0, "from 1970-01-01 00:00:00 UTC until 1970-01-01 00:01:00 UTC"),
        (0.0, math.inf, "from 1970-01-01 00:00:00 UTC on"),
        (-math.inf, 0.0, "until 1970-01-01 00:00:00 UTC"),
    ],
)
def test_a_span_is_in_utc(begin: float, end: float, said: str) -> None:
    assert span(begin, end) == said


def test_the_api_takes_times_with_their_zone() -> None:
    assert written(None, "--since") is None
    assert written("2026-01-31T12:00", "--since") == "2026-01-31T12:00:00+00:00"


def test_a_duration_is_so_long_ago() -> None:
    assert moment("90m", "--from") == pytest.approx(time.time() - 5400.0, abs=60.0)


def test_anything_else_gets_both_forms() -> None:
    with pytest.raises(typer.BadParameter, match=r"--from .*duration such as 7d.*time such as 2026"):
        moment("yesterday", "--from")
