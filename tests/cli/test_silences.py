"""``anomaly-stream silences``: every field of a silence by an option, and times that are understood."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anomaly_stream.silences.document import SilenceDocument
from tests.api.served import Served
from tests.cli.test_faults import run

Capture = pytest.CaptureFixture[str]

_CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20201129T220000
DTEND:20201129T230000
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR"""
_EVERYTHING = {
    "from": "2020-01-05T02:00:00+01:00",
    "until": "2099-01-04T02:00:00+01:00",
    "match": {"env": ["prod"], "host": ["=~web-.*", "!=web-1"]},
    "metric": "check*",
    "config": "load",
    "severity": ["minor", "severe"],
    "owner": "payments",
    "reason": "x",
    "recurrence": "FREQ=WEEKLY;BYDAY=SU",
    "duration": "2h",
    "timezone": "Europe/Berlin",
    "while": {
        "config": "host-down",
        "metric": "up",
        "match": {"env": ["prod"]},
        "severity": ["severe"],
        "equal": ["host"],
    },
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _api(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOMALY_API_URL", served.url)
    monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["payments"])


def add(capsys: Capture, *options: str) -> tuple[dict[str, Any], str]:
    """The document of the silence that is added, and what is said of it."""
    code, out, err = run(capsys, "silences", "add", "--reason", "x", *options)
    assert code == 0, err
    shown = json.loads(run(capsys, "silences", "show", out.strip())[1])
    document: dict[str, Any] = shown["silence"]
    return document, err


def test_every_field_has_an_option(capsys: Capture, tmp_path: Path) -> None:
    document, _ = add(
        capsys,
        *("--from", "2020-01-05T02:00", "--until", "2099-01-04T02:00", "--timezone", "Europe/Berlin"),
        *("--match", "env=prod", "--match", "host=~web-.*", "--match", "host!=web-1", "--metric", "check*"),
        *("--config", "load", "--severity", "minor", "--severity", "severe", "--owner", "payments"),
        *("--recurrence", "FREQ=WEEKLY;BYDAY=SU", "--duration", "2h"),
        *("--while-config", "host-down", "--while-metric", "up", "--while-match", "env=prod"),
        *("--while-severity", "severe", "--while-equal", "host"),
    )
    assert document == _EVERYTHING
    calendar = tmp_path / "windows.ics"
    calendar.write_text(_CALENDAR)
    in_windows, said = add(capsys, "--calendar", str(calendar), "--timezone", "Europe/Berlin")
    assert "in windows without an end, the next one 20" in said
    fields = {each.alias or name for name, each in SilenceDocument.model_fields.items()}
    assert fields == {*document, *in_windows}


@pytest.mark.parametrize(
    ("written", "matchers"),
    [
        ("host==~web-.*", ["=~web-.*"]),
        ("host=!=a", ["!=a"]),
        ("host!~a|b", ["!~a|b"]),
        ("host=a=b", ["a=b"]),
    ],
)
def test_a_matcher_has_its_operator_before_its_value(
    capsys: Capture, written: str, matchers: list[str]
) -> None:
    assert add(capsys, "--match", written, "--for", "1h")[0]["match"] == {"host": matchers}


def test_a_silence_that_begins_later_lasts_from_then_on(capsys: Capture) -> None:
    document, said = add(capsys, "--from", "2098-01-01T12:00", "--for", "2h")
    assert document["until"] == "2098-01-01T14:00:00+00:00"
    assert said.endswith(
        "Silence of the alerts of payments: all; pending, from 2098-01-01 12:00:00 UTC until "
        "2098-01-01 14:00:00 UTC:\n"
    )


def test_a_silence_from_now_on(capsys: Capture) -> None:
    before = datetime.now(UTC)
    document, said = add(capsys, "--for", "90m")
    until = datetime.fromisoformat(document["until"])
    assert before + timedelta(minutes=90) <= until <= datetime.now(UTC) + timedelta(minutes=90)
    assert "; active, from " in said


def test_two_hours_over_the_end_of_summer_time_are_two_hours(capsys: Capture) -> None:
    zone = "--timezone", "Europe/Berlin"
    document, said = add(capsys, "--from", "2098-10-26T01:30", "--for", "2h", *zone)
    assert document["until"] == "2098-10-26T01:30:00+00:00"
    assert "from 2098-10-25 23:30:00 UTC until 2098-10-26 01:30:00 UTC" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --for or --until: a silence without an end is forgotten"),
        (["--for", "2h", "--until", "2098-01-01"], "--for and --until exclude each other"),
        (
            ["--for", "2h", "--from", "later"],
            "--from must be a time such as 2026-01-31T12:00:00Z, not 'later'",
        ),
        (["--for", "soon"], "--for must be a duration such as 7d, 90m or 1h30m, not 'soon'"),
        (["--for", "2400"], "or 1h30m, not '2400': write 2400s for seconds"),
        (["--for", "0s"], "--for must be more than 0, as in 2h"),
        (["--for", "0"], "--for must be more than 0, as in 2h"),
        (["--for", "2h", "--recurrence", "FREQ=DAILY"], "--duration, and the end of the rule as --until"),
        (["--for", "2h", "--timezone", "Berlin"], "'Berlin' is not a time zone: write a place"),
        (["--for", "2h", "--severity", "bad"], "'minor', 'moderate', 'severe'"),
    ],
)
def test_faults_name_the_option_and_the_cure(capsys: Capture, options: list[str], said: str) -> None:
    code, out, err = run(capsys, "silences", "add", "--reason", "x", *options)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


def test_a_matcher_without_a_value_is_refused(capsys: Capture) -> None:
    code, _, err = run(capsys, "silences", "add", "--reason", "x", "--for", "1h", "--while-match", "env")
    assert (code, "such as --while-match env=prod" in " ".join(err.split())) == (2, True)


def test_an_empty_selector_is_sent_and_refused(capsys: Capture) -> None:
    code, _, err = run(capsys, "silences", "add", "--reason", "x", "--for", "1h", "--metric", "")
    assert (code, "metric" in err) == (2, True)


def test_a_list_has_one_line_and_the_times_of_each_silence(capsys: Capture) -> None:
    why = "the database moves, and nobody can say for how long it will be away " * 3
    made = [
        run(capsys, "silences", "add", "--reason", why, *period)[1].strip()
        for period in (["--from", "2098-01-01", "--for", "2h"], ["--while-config", "up"])
    ]
    heading, *lines = run(capsys, "silences", "list")[1].splitlines()
    columns = ["id", "state", "owner", "from", "until", "window", "author", "alerts", "reason"]
    assert heading.split() == columns
    by_id = {line.split()[0]: line for line in lines}
    assert len(by_id) == len(lines)
    assert [why.strip() in by_id[each] for each in made] == [True, True]
    period = "2098-01-01 00:00:00 UTC  2098-01-01 02:00:00 UTC"
    assert re.search(f"{made[0]}  pending  payments  {period} +token:", by_id[made[0]])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--for", "2h"], "all"),
        (
            ["--for", "2h", "--match", "env=prod", "--match", "host=~web-.*", "--metric", "check*"],
            "metric:check* env=prod host=~web-.*",
        ),
        (
            [
                *("--config", "load", "--severity", "minor", "--severity", "severe"),
                *("--while-config", "up", "--while-equal", "host", "--while-equal", "site"),
            ],
            "config:load severity:minor|severe while config:up with the same host, site",
        ),
        (["--while-equal", "host"], "all while any with the same host"),
        (
            ["--recurrence", "FREQ=WEEKLY;BYDAY=SU", "--from", "2020-01-05", "--duration", "2h"],
            "all at FREQ=WEEKLY;BYDAY=SU for 2h in UTC",
        ),
    ],
)
def test_the_line_and_the_list_say_what_is_suppressed(capsys: Capture, options: list[str], text: str) -> None:
    _, out, err = run(capsys, "silences", "add", "--reason", "because", *options)
    assert f"Silence of the alerts of payments: {text}; " in err
    (line,) = (
        line for line in run(capsys, "silences", "list")[1].splitlines() if line.startswith(out.strip())
    )
    assert f"  {text}  " in line
    assert line.endswith("  because")


def test_a_silence_in_the_past_is_said_to_be_over(capsys: Capture) -> None:
    _, err = add(capsys, "--from", "2020-01-01", "--for", "2h")
    assert "warning: until: is in the past: the silence is over" in err
