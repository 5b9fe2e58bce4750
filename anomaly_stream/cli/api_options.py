"""Options of the verbs that need the API."""

from pathlib import Path
from typing import Annotated

import typer

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
