"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly_stream.ops.logs import configure_logging, start_log_buffer
from anomaly_stream.settings import FILE_VARIABLE, Settings, load_settings

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        envvar=FILE_VARIABLE,
        help="YAML file of settings; ANOMALY_STREAM_* variables override it.",
    ),
]


def start_process(path: Path | None) -> Settings:
    """The settings of this process, which logs as they say from now on.

    Raises:
        SettingsError: with all faults.
    """
    start_log_buffer()
    try:
        settings = load_settings(path)
    except BaseException:
        configure_logging()
        raise
    configure_logging(settings.log_format, settings.log_level)
    return settings
