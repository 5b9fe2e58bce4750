"""What a silence suppresses, in a short form for a line."""

from collections.abc import Iterator, Mapping
from typing import Any

from anomaly_stream.client import Silence

_OPERATORS = ("!=", "=~", "!~")


def suppressed_alerts(silence: Silence) -> str:
    """Which alerts, and when of the time between its start and end: ``all`` if every one, always."""
    document = silence.silence
    parts = [*_selected(document)] or ["all"]
    if (other := document.get("while")) is not None:
        parts += ["while", *([*_selected(other)] or ["any"]), *_equal(other)]
    if "recurrence" in document:
        zone = document.get("timezone", "UTC")
        parts += [f"at {document['recurrence']} for {document['duration']} in {zone}"]
    if "calendar" in document:
        parts += ["in a calendar"]
    return " ".join(parts)


def _selected(selector: Mapping[str, Any]) -> Iterator[str]:
    for field in ("config", "metric"):
        if field in selector:
            yield f"{field}:{selector[field]}"
    for name, given in selector.get("match", {}).items():
        for value in [given] if isinstance(given, str) else given:
            yield f"{name}{value}" if value.startswith(_OPERATORS) else f"{name}={value}"
    if selector.get("severity"):
        yield f"severity:{'|'.join(selector['severity'])}"


def _equal(other: Mapping[str, Any]) -> list[str]:
    return [f"with the same {', '.join(other['equal'])}"] if other.get("equal") else []
