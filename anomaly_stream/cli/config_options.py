"""Options that the verbs of ``configs`` share."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="YAML or JSON files, or directories; - reads standard input."),
]
MoreFiles = Annotated[
    list[Path] | None,
    typer.Option("--file", "-f", metavar="FILE", help="The same; may be given several times."),
]
Api = Annotated[
    str | None,
    typer.Option(
        "--api",
        metavar="URL",
        envvar="ANOMALY_API_URL",
        help="Address of the configuration API; without it, the configs topic is read and written.",
    ),
]
Author = Annotated[str, typer.Option(help="Author of the change, without --api (default: your user name).")]
Reason = Annotated[str, typer.Option(help="Why; kept with the version.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a config in force.")]
