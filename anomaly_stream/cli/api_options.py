"""Options of the verbs that need the API, and the client that they give."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly_stream.client import Client, read_token

Url = Annotated[
    str,
    typer.Option("--api", metavar="URL", envvar="ANOMALY_API_URL", help="Address of the configuration API."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="File with the token for --api (default: ANOMALY_API_TOKEN)."
    ),
]


def client_of(url: str, token_file: Path | None) -> Client:
    """The client of these options; warnings go to standard error."""
    return Client(url, read_token(token_file), on_warning=print_warning)


def print_warning(text: str) -> None:
    """Print a warning to standard error."""
    typer.echo(f"anomaly-stream: warning: {text}", err=True)
