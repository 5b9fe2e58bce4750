"""``anomaly-stream silences``: suppress alerts on purpose, through the API."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from anomaly_stream.cli.api_options import TokenFile, Url
from anomaly_stream.client import Client, read_token
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.registry.value_parsers import parse_duration

app = typer.Typer(
    help="List, add and end silences of alerts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("list")
def list_silences(
    api: Url,
    token_file: TokenFile = None,
    state: Annotated[str | None, typer.Option(help="pending, active, waiting or over.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each silence.")] = False,
) -> None:
    """List the silences that are not over, the newest first.

    Example: anomaly-stream silences list
    """
    with Client(api, read_token(token_file)) as client:
        found = list(client.silences.list(state=state))
    if as_json:
        for one in found:
            typer.echo(msgspec.json.encode(one))
    elif not found:
        typer.echo("There is none.")
    else:
        table = Table("id", "state", "owner", "until", "reason", "author", box=None, header_style="bold")
        for one in found:
            written = one.silence
            until, owner = str(written.get("until") or ""), str(written.get("owner", ""))
            table.add_row(one.id, one.state, owner, until, str(written["reason"]), one.author)
        Console().print(table)


@app.command()
def add(
    api: Url,
    reason: Annotated[str, typer.Option(help="Why, for people.")],
    lasting: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="From now on for this long, as in 2h.")
    ] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A label of the alerts, as in env=prod or host==~web-.*."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric of the alerts, a name or a glob.")] = None,
    config: Annotated[str | None, typer.Option(metavar="ID", help="Alerts of this config only.")] = None,
    owner: Annotated[str | None, typer.Option(help="Whose alerts (default: the group of the token).")] = None,
    calendar: Annotated[
        Path | None, typer.Option(metavar="FILE", help="iCalendar file: each of its events is a window.")
    ] = None,
    recurrence: Annotated[
        str | None, typer.Option(metavar="RULE", help="Windows by a rule, as in FREQ=WEEKLY;BYDAY=SU.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Start, as in 2026-01-31T12:00:00Z.")
    ] = None,
    duration: Annotated[str | None, typer.Option(help="Length of each window of --recurrence.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of the windows, as in Europe/Berlin.")] = None,
    token_file: TokenFile = None,
) -> None:
    """Suppress alerts, once or in maintenance windows; print the id of the silence.

    Example: anomaly-stream silences add --match env=prod --for 2h --reason "the database moves"
    """
    given: dict[str, Any] = {
        "reason": reason,
        "match": dict(map(_matcher, match or ())),
        "metric": metric,
        "config": config,
        "owner": owner,
        "from": begin,
        "until": None if lasting is None else _until(lasting),
        "recurrence": recurrence,
        "duration": duration,
        "timezone": timezone,
        "calendar": None if calendar is None else calendar.read_text(encoding="utf-8"),
    }
    with Client(api, read_token(token_file)) as client:
        made = client.silences.create({name: value for name, value in given.items() if value is not None})
    typer.echo(made.id)


@app.command()
def end(
    silence_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the silence.")],
    api: Url,
    token_file: TokenFile = None,
) -> None:
    """End a silence now.

    Example: anomaly-stream silences end 019a6c2f1d00a1b2c3d4
    """
    with Client(api, read_token(token_file)) as client:
        client.silences.end(silence_id)
    typer.echo(f"{silence_id}: ended")


def _matcher(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise AnomalyStreamError(f"--match {text!r}: write NAME=VALUE, such as --match env=prod")
    return name, value


def _until(lasting: str) -> str:
    try:
        seconds = parse_duration(lasting)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from None
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
