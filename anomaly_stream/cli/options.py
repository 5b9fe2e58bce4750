"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly_stream.settings import FILE_VARIABLE

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        envvar=FILE_VARIABLE,
        help="YAML file of settings; ANOMALY_STREAM_* variables override it.",
    ),
]
