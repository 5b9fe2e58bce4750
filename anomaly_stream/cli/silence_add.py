"""``anomaly-stream silences add``: a new silence, by options for every field of its document."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any

import typer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.cli.alert_options import SEVERITIES, Severity
from anomaly_stream.cli.api_options import TokenFile, Url, client_of, print_warning
from anomaly_stream.cli.files import read_text
from anomaly_stream.cli.moments import duration as seconds_of
from anomaly_stream.cli.moments import instant
from anomaly_stream.cli.silence_text import suppressed_alerts
from anomaly_stream.client import Silence
from anomaly_stream.ops import terminal
from anomaly_stream.registry.civil import load_zone

_MATCHER = re.compile(r"([^=!~]+)(=~|!~|!=|=)(.*)", re.DOTALL)
_TIME = "a time such as 2026-01-31T12:00:00Z, in --timezone if it names no zone"


def add(
    api: Url,
    reason: Annotated[str, typer.Option(help="Why, for people.")],
    lasting: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long from --from on, as in 2h.")
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help=f"Start, and that of the first window of --recurrence: {_TIME} (default: now).",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="End, in place of --for, and that of --recurrence: as --from."),
    ] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A label of the alerts, as in env=prod, env!=prod, host=~web-.* or host!~web-.*; all that "
            "are given must hold.",
        ),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric of the alerts, a name or a glob.")] = None,
    config: Annotated[str | None, typer.Option(metavar="ID", help="Alerts of this config only.")] = None,
    severity: Annotated[
        list[Severity] | None,
        typer.Option(metavar=SEVERITIES, help="Alerts of this severity; may be given several times."),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            help="Whose alerts (default: the group of the token). Administrators give '' for all groups."
        ),
    ] = None,
    recurrence: Annotated[
        str | None,
        typer.Option(
            metavar="RULE", help="Windows by a rule, as in FREQ=WEEKLY;BYDAY=SU, with --from and --duration."
        ),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(help="Length of each window of --recurrence, as in 2h.")
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option(metavar="FILE", help="iCalendar file: each of its events is a window.")
    ] = None,
    timezone: Annotated[
        str,
        typer.Option(
            help="Zone in which --recurrence keeps its local time, and of times that name none, here and in "
            "--calendar, as in Europe/Berlin."
        ),
    ] = "UTC",
    while_config: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Suppress only while another alert fires: one of this config."),
    ] = None,
    while_metric: Annotated[
        str | None, typer.Option(help="Suppress only while another alert fires: one on this metric.")
    ] = None,
    while_match: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Suppress only while another alert fires: one with this label, as --match.",
        ),
    ] = None,
    while_severity: Annotated[
        list[Severity] | None,
        typer.Option(
            metavar=SEVERITIES, help="Suppress only while another alert fires: one of this severity."
        ),
    ] = None,
    while_equal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Suppress only while another alert fires: one with the same value of this label.",
        ),
    ] = None,
    token_file: TokenFile = None,
) -> None:
    """Suppress alerts: once, in maintenance windows, or while another alert fires; print the id.

    Without an option that selects alerts, all of --owner are suppressed. All --while-... options describe the
    same other alert, which may be any of the owner.

    Example: anomaly-stream silences add --match env=prod --for 2h --reason "the database moves"
    """
    other = _selector(while_config, while_metric, while_match, while_severity, "--while-match")
    if while_equal:
        other = {**other, "equal": while_equal}
    if lasting is None and until is None and not (recurrence or calendar or other):
        raise typer.BadParameter(
            "give --for or --until: a silence without an end is forgotten. Only with --recurrence, "
            "--calendar or one of --while-... may it have none"
        )
    zone = _zone(timezone)
    given = {
        "reason": reason,
        **_selector(config, metric, match, severity, "--match"),
        "owner": owner,
        "from": None if begin is None else instant(begin, "--from", zone).isoformat(),
        "until": _end(lasting, begin, until, recurrence, zone),
        "recurrence": recurrence,
        "duration": duration,
        "timezone": None if timezone == "UTC" else timezone,
        "calendar": None if calendar is None else read_text(calendar),
        "while": other or None,
    }
    with client_of(api, token_file) as client:
        made = client.silences.create({name: value for name, value in given.items() if value is not None})
    for warning in made.warnings:
        print_warning(str(warning))
    what = f"{_whose(made)}: {suppressed_alerts(made)}; {made.state}, {period(made)}"
    typer.echo(terminal.line(f"Silence of the alerts of {what}:"), err=True)
    typer.echo(made.id)


def period(silence: Silence) -> str:
    """From when to when a silence suppresses alerts, in UTC."""
    begin, end = bounds(silence)
    windows = " in windows" if {"recurrence", "calendar"} & set(silence.silence) else ""
    nearest = f", the next one {window(silence)}" if silence.window else ""
    return f"from {begin}{windows} {f'until {end}' if end else 'without an end'}{nearest}"


def window(silence: Silence) -> str:
    """Start and end of the window of this moment, or of the next one, in UTC; empty if there is none."""
    if silence.window is None:
        return ""
    return f"{clock(silence.window.begin.timestamp())} to {clock(silence.window.end.timestamp())}"


def bounds(silence: Silence) -> tuple[str, str]:
    """Start and end of a silence, in UTC; the end is empty if it has none."""
    begin, end = silence.silence.get("from"), silence.silence.get("until")
    starts = silence.created_at if begin is None else datetime.fromisoformat(begin)
    return clock(starts.timestamp()), "" if end is None else clock(datetime.fromisoformat(end).timestamp())


def _end(
    lasting: str | None, begin: str | None, until: str | None, recurrence: str | None, zone: tzinfo
) -> str | None:
    if lasting is None:
        return None if until is None else instant(until, "--until", zone).isoformat()
    if until is not None:
        raise typer.BadParameter("--for and --until exclude each other: remove one of them")
    if not (seconds := seconds_of(lasting, "--for")):
        raise typer.BadParameter("--for must be more than 0, as in 2h")
    if recurrence is not None:
        raise typer.BadParameter(
            "--for does not go with --recurrence: give the length of each window as --duration, and the end "
            "of the rule as --until"
        )
    starts = datetime.now(UTC) if begin is None else instant(begin, "--from", zone)
    return (starts.astimezone(UTC) + timedelta(seconds=seconds)).isoformat()


def _selector(
    config: str | None,
    metric: str | None,
    match: Sequence[str] | None,
    severity: Sequence[Severity] | None,
    option: str,
) -> Mapping[str, Any]:
    """The fields of the document that select alerts, those that are given."""
    found = {
        "config": config,
        "metric": metric,
        "match": _matchers(match, option) if match else None,
        "severity": list(severity) if severity else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _matchers(texts: Sequence[str], option: str) -> dict[str, list[str]]:
    """Label matchers as in a config, by label; a value may begin with its operator too, as there."""
    found: dict[str, list[str]] = {}
    for text in texts:
        parts = _MATCHER.fullmatch(text)
        if parts is None:
            raise typer.BadParameter(f"{option} {text!r}: write NAME=VALUE, such as {option} env=prod")
        name, operator, value = parts.groups()
        found.setdefault(name, []).append(value if operator == "=" else operator + value)
    return found


def _zone(name: str) -> tzinfo:
    try:
        return load_zone(name)
    except KeyError:
        raise typer.BadParameter(
            f"--timezone {name!r} is not a time zone: write a place, such as Europe/Berlin"
        ) from None


def _whose(silence: Silence) -> str:
    return str(silence.silence.get("owner") or "") or "all groups"
