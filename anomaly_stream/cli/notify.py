"""``anomaly-stream notify``: deliver alerts to people and systems."""

import sys
import time
from pathlib import Path
from textwrap import indent
from typing import Annotated

import msgspec
import typer

from anomaly_stream.apps.notifier import replay_undelivered, routing_of, run_notifier, warn_of
from anomaly_stream.cli.files import read_text
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.matchers import fields_of
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.undelivered import discard
from anomaly_stream.ops import terminal

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def notify(context: typer.Context, settings: SettingsFile = None) -> None:
    """Deliver alerts by the routes of `notify.routing_file` until SIGTERM. Run one process per namespace.

    Example: anomaly-stream notify --settings settings.yaml
    """
    if context.invoked_subcommand is None:
        run_notifier(start_process(settings))


@app.command()
def routes(settings: SettingsFile = None) -> None:
    """Check the routing file, and print its tree of routes.

    Example: anomaly-stream notify routes
    """
    routing = routing_of(start_process(settings))
    for line in routing.root.describe():
        typer.echo(terminal.line(line))
    warn_of(routing)


@app.command("test")
def try_event(
    event: Annotated[Path, typer.Option(help="File with one alert event, as on the alerts topic.")],
    settings: SettingsFile = None,
) -> None:
    """Say where an event would go, and show its messages. Nothing is sent.

    Example: anomaly-stream notify test --event event.json
    """
    routing = routing_of(start_process(settings))
    given = _read_event(event)
    fields = fields_of(given)
    for route in routing.root.find(fields):
        if route.drops:
            cause = "dropped, because the receiver has no integration"
            typer.echo(terminal.line(f"{route.condition} -> {route.receiver}: {cause}"))
            continue
        muted = " (muted now: messages wait)" if route.is_muted(time.time()) else ""
        place = f"{route.condition} -> {route.receiver} after {route.timing.wait_s:g} s{muted}"
        typer.echo(terminal.line(place))
        news = (AlertNews(None, (given,)),)
        is_open = int(given.status != "resolved")
        labels = route.labels_of(fields)
        message = Message(given.event_id, "", route.receiver, labels, 0.0, False, is_open, news)
        rendered = routing.templates.render(message)
        shown = f"{terminal.line(rendered.title)}\n{terminal.lines(rendered.text)}"
        typer.echo(indent(shown, "  "))
    warn_of(routing)


def _read_event(path: Path) -> AlertEvent:
    """The alert event of a file. Raises AnomalyStreamError."""
    text = read_text(path)
    try:
        return decode_alert(text.encode())
    except msgspec.DecodeError as error:
        raise AnomalyStreamError(f"{path} is not one alert event, as on the alerts topic: {error}") from None


@app.command("replay-dead")
def replay_dead(
    receiver: Annotated[str | None, typer.Option(help="Only the messages to this receiver.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those whose alerts have gone on or ended without them.")
    ] = False,
    is_discarded: Annotated[
        bool, typer.Option("--discard", help="Remove the messages to --receiver, and send nothing.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Deliver the messages that were given up; those that are delivered leave the undelivered topic.

    Example: anomaly-stream notify replay-dead --receiver team
    """
    if is_discarded and (receiver is None or everything):
        raise typer.BadParameter("--discard needs --receiver, and is not combined with --all")
    process = start_process(settings)
    routing = routing_of(process)
    if is_discarded and receiver is not None:
        discard(process, routing.receivers, receiver, _say)
    elif not replay_undelivered(process, routing, receiver, _say, late_too=everything):
        sys.exit(1)


def _say(text: str) -> None:
    typer.echo(terminal.line(text))
