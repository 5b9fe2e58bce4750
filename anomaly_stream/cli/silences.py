"""``anomaly-stream silences``: suppress alerts on purpose, through the API."""

from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from anomaly_stream.cli.alert_options import Json
from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.cli.listing import print_latest
from anomaly_stream.cli.silence_add import add, bounds, window
from anomaly_stream.cli.silence_text import suppressed_alerts
from anomaly_stream.client import Silence

app = typer.Typer(
    help="List, add and end silences of alerts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_HEADINGS = ("id", "state", "owner", "from", "until", "window", "author", "alerts", "reason")


class State(StrEnum):
    """Whether a silence suppresses alerts now, later, or never again."""

    PENDING = "pending"
    ACTIVE = "active"
    WAITING = "waiting"
    OVER = "over"


@app.command("list")
def list_silences(
    api: Url,
    token_file: TokenFile = None,
    owner: Annotated[str | None, typer.Option(help="Silences of this platform group only.")] = None,
    state: Annotated[
        list[State] | None,
        typer.Option(
            metavar="|".join(State),
            help="Silences in this state; may be given several times (default: all but over). pending: it "
            "begins later. waiting: its next window does.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the silences that are not over, the newest first.

    Example: anomaly-stream silences list
    """
    with client_of(api, token_file) as client:
        found = client.silences.list(owner=owner, state=state)
        print_latest(found, None, _HEADINGS, _row, as_json=as_json)


@app.command()
def show(
    silence_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the silence.")],
    api: Url,
    token_file: TokenFile = None,
) -> None:
    """Print a silence as JSON, also one that is over.

    Example: anomaly-stream silences show 019a6c2f1d00a1b2c3d4
    """
    with client_of(api, token_file) as client:
        typer.echo(msgspec.json.format(msgspec.json.encode(client.silences.get(silence_id))))


app.command()(add)


@app.command()
def end(
    silence_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the silence.")],
    api: Url,
    token_file: TokenFile = None,
) -> None:
    """End a silence now.

    Example: anomaly-stream silences end 019a6c2f1d00a1b2c3d4
    """
    with client_of(api, token_file) as client:
        client.silences.end(silence_id)
    typer.echo(f"{silence_id}: ended")


def _row(one: Silence) -> tuple[str, ...]:
    owner, reason = one.silence.get("owner", ""), one.silence["reason"]
    return one.id, one.state, owner, *bounds(one), window(one), one.author, suppressed_alerts(one), reason
