"""Times on the command line."""

import time
from datetime import datetime

import typer

from anomaly_stream.registry.value_parsers import parse_duration


def moment(text: str, option: str) -> float:
    """Seconds since the epoch: of a time, or of so long ago."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        return time.time() - duration(text, option)


def duration(text: str, option: str) -> float:
    """The seconds of a duration such as ``7d``."""
    if text in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
