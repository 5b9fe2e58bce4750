"""Times and durations as options give them."""

import time
from datetime import datetime

import typer

from anomaly_stream.registry.value_parsers import parse_duration


def moment_of(text: str, option: str) -> float:
    """Seconds since the epoch of a time, or of a duration ago. Raises typer.BadParameter."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        return time.time() - duration_of(text, option)


def duration_of(text: str, option: str) -> float:
    """A duration in seconds. Raises typer.BadParameter."""
    if text in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
