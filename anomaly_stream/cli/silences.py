"""``anomaly-stream silences``: suppress alerts on purpose, through the API."""

from typing import Annotated

import msgspec
import typer

from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.cli.silence_add import add, bounds
from anomaly_stream.cli.tables import print_table
from anomaly_stream.client import Silence

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
    with client_of(api, token_file) as client:
        found = list(client.silences.list(state=state))
    if as_json:
        for one in found:
            typer.echo(msgspec.json.encode(one))
    elif not found:
        typer.echo("There is none.")
    else:
        print_table(("id", "state", "owner", "from", "until", "author", "reason"), map(_row, found))


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
    return one.id, one.state, owner, *bounds(one), one.author, reason
