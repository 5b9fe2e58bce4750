"""Names, times, counts and chances as people read them."""

import math
from collections.abc import Callable
from datetime import UTC, datetime

from anomaly_stream.model import Series
from anomaly_stream.model.alerts import Episode

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def series_name(series: Series) -> str:
    """``metric{name=value, ...}``, or the metric alone."""
    if not series.labels:
        return series.metric
    return f"{series.metric}{{{', '.join(f'{name}={value}' for name, value in series.labels)}}}"


def clock(seconds: float) -> str:
    """Seconds since the epoch as date and time: ``2023-11-14 22:13:20 UTC``."""
    return f"{datetime.fromtimestamp(math.floor(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Seconds in the two largest units: ``3 h 20 min``."""
    if seconds < 1:
        return f"{seconds:.2g} s" if seconds > 0 else "0 s"
    left = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def normal_range(lower: float | None, upper: float | None, text: Callable[[float], str]) -> str:
    """Edges as ``61 to 118.3``, ``at least 61`` or ``at most 118.3``; empty if there is none."""
    if lower is not None and upper is not None:
        return f"{text(lower)} to {text(upper)}"
    if lower is not None:
        return f"at least {text(lower)}"
    return "" if upper is None else f"at most {text(upper)}"


def odds(p: float, before: int, of: str) -> str:
    """How often chance alone gives a value of probability ``p``, which came after ``before`` others.

    A history supports no odds beyond one in as many as it has. ``of`` is what it has: values, or vectors.
    """
    if p * before < 1.0:
        return f"rarer than once in the {before:,} {of} before it"
    return f"about once in {float(f'{1.0 / p:.2g}'):,.0f} {of}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 alert``, ``2 alerts``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def are(count: int) -> str:
    """The verb after a count: ``is`` or ``are``."""
    return "is" if count == 1 else "are"


def anomalies_of(episode: Episode) -> str:
    """How many anomalies an episode has, for how long, since when."""
    if episode.count == 1:
        return f"1 anomaly at {clock(episode.start)}"
    lasted = episode.end - episode.start
    return f"{episode.count:,} anomalies in {duration(lasted)} since {clock(episode.start)}"
