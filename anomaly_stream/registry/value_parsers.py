"""Parsers of single values: durations, sensitivity, thresholds, seasons.

Each takes a value from YAML or JSON and raises ``ValueError`` with a message for the user.
"""

import math
import re

from anomaly_stream.model import SeverityBands
from anomaly_stream.registry.yaml_json import written

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = r"(\d+(?:\.\d+)?)(ms|[smhdw])"
_DURATION = re.compile(rf"(?:{_PART}\s*)+")

MAX_PERIOD_S = 3650 * 86400.0
"""Longest duration: ten years."""

MIN_LIFETIME_S = 60.0
"""Shortest time after which a silent series is deleted."""

SENSITIVITIES = {"low": 0.25, "medium": 0.5, "high": 0.75}

RELEARN_AFTER = {"slow": 400, "normal": 100, "fast": 30}
"""Number of anomalies after which a new level is accepted, by ``adapt``."""

_SEASONS = ("daily", "weekly", "hour_of_week")


def parse_duration(value: object) -> float:
    """Seconds from ``7d``, ``90m``, ``1h30m``, ``1.5h``, or a number of seconds."""
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        seconds = sum(float(count) * _UNIT_SECONDS[unit] for count, unit in re.findall(_PART, value))
    elif is_number(value):
        seconds = float(value)  # type: ignore[arg-type]
    else:
        raise ValueError(
            f"must be a number of seconds or a duration such as 7d, 90m or 1h30m, not {written(value)}"
        )
    if not 0.0 < seconds <= MAX_PERIOD_S:
        raise ValueError("must be more than 0 and at most 3650d")
    return seconds


def parse_lifetime(value: object) -> float:
    """A duration of at least 60 s, or 0 for never."""
    if is_number(value) and value == 0:
        return 0.0
    seconds = parse_duration(value)
    if seconds < MIN_LIFETIME_S:
        raise ValueError(f"must be 0 or at least {MIN_LIFETIME_S:g}s")
    return seconds


def parse_sensitivity(value: object) -> float:
    """The fraction from 0 to 1 of ``low``, ``medium``, ``high`` or a number."""
    if isinstance(value, str) and value in SENSITIVITIES:
        return SENSITIVITIES[value]
    if is_number(value) and 0.0 <= float(value) <= 1.0:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    raise ValueError(f"must be low, medium, high or a number from 0 to 1, not {written(value)}")


def sensitivity_score(sensitivity: float) -> float:
    """Threshold score of an anomaly: 60 at sensitivity 0, 20 at sensitivity 1."""
    return 60.0 - 40.0 * sensitivity


def parse_alert_threshold(value: object) -> float | str:
    """A score from 0 to 100, or the name of a severity."""
    if isinstance(value, str) and value in ("minor", "moderate", "severe"):
        return value
    if is_number(value) and 0.0 <= float(value) <= 100.0:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    raise ValueError(f"must be minor, moderate, severe or a score from 0 to 100, not {written(value)}")


def alert_score(threshold: float | str, sensitivity: float, bands: SeverityBands) -> float:
    """The score at which an anomaly opens an alert; for a severity, at least the threshold of sensitivity."""
    if isinstance(threshold, float):
        return threshold
    asked = {"minor": 0.0, "moderate": bands.moderate, "severe": bands.severe}[threshold]
    return max(asked, sensitivity_score(sensitivity))


def parse_seasonality(value: object) -> tuple[str, ...]:
    """Names of seasons, of ``none``, ``detect``, one name or a list of names."""
    if value == "none":
        return ()
    if value == "detect":
        return ("detect",)
    names = list(value) if isinstance(value, list | tuple) and value else [value]
    for name in names:
        if name in ("none", "detect"):
            raise ValueError(f"{name!r} cannot be in a list: write it without brackets")
        if name not in _SEASONS:
            known = ", ".join(_SEASONS)
            raise ValueError(f"must be none, detect, or one or several of {known}, not {written(name)}")
    if len(set(names)) < len(names):
        raise ValueError("has a season twice")
    return tuple(name for name in _SEASONS if name in names)


def default_id(metric: str) -> str:
    """The id of a config without one: its metric, with runs of other characters than A-Z a-z 0-9 . _ -
    replaced.
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", metric).strip("-.")[:128] or "all"


def is_number(value: object) -> bool:
    """Whether the value is a number, finite as a double, and not a bool."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all doubles
        return False
