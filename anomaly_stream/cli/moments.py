"""Times on the command line."""

import math
import time
from datetime import UTC, datetime, tzinfo

import typer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.registry.value_parsers import parse_duration

EXAMPLE = "2026-01-31T12:00:00Z"
"""A time, as error messages and help show it."""


def forms(ago: str) -> str:
    """What an option that :func:`moment` reads takes, for its help."""
    return f"`{ago}` ago, or a time such as {EXAMPLE} (UTC if it names no zone)"


def instant(text: str, option: str, zone: tzinfo = UTC) -> datetime:
    """A time such as ``2026-01-31T12:00:00Z``, in ``zone`` where it names none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} must be a time such as {EXAMPLE}, not {text!r}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def moment(text: str, option: str) -> float:
    """Seconds since the epoch: of a time, in UTC where it has no zone, or of so long ago."""
    try:
        return instant(text, option).timestamp()
    except typer.BadParameter:
        pass
    try:
        return time.time() - duration(text, option)
    except typer.BadParameter as error:
        raise typer.BadParameter(f"{error.message}, and not a time such as {EXAMPLE}") from None


def span(begin: float, end: float) -> str:
    """From when to when, in UTC; an infinite end is left out."""
    first = f"from {clock(begin)}" if begin > -math.inf else ""
    last = f"until {clock(end)}" if end < math.inf else "on"
    return f"{first} {last}".strip()


def written(text: str | None, option: str) -> str | None:
    """The same as the API takes it; None stays None."""
    return None if text is None else datetime.fromtimestamp(moment(text, option), UTC).isoformat()


def duration(text: str, option: str) -> float:
    """The seconds of a duration such as ``7d``."""
    if text in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as error:
        said = str(error).replace("a number of seconds or ", "")  # on the command line, a unit is needed
        cure = f": write {text}s for seconds" if text.isdecimal() else ""
        raise typer.BadParameter(f"{option} {said}{cure}") from None
