"""Times on the command line."""

import time
from datetime import UTC, datetime

import typer

from anomaly_stream.registry.value_parsers import parse_duration


def moment(text: str, option: str) -> float:
    """Seconds since the epoch: of a time, in UTC where it has no zone, or of so long ago."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
    try:
        return time.time() - duration(text, option)
    except typer.BadParameter as error:
        raise typer.BadParameter(f"{error.message}, and not a time such as 2026-01-31T12:00:00Z") from None


def duration(text: str, option: str) -> float:
    """The seconds of a duration such as ``7d``."""
    if text in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
