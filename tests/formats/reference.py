"""The slow, obvious twin of the kernel: msgspec, and the contract in plain code."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

from anomaly_stream.model import Series

LATEST = 4102444800


class Observed(NamedTuple):
    series: Series
    timestamp: float
    value: float
    learn: bool


_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


def slow_instant(text: str) -> float | None:
    """Seconds since the epoch of an RFC 3339 timestamp, in exact arithmetic until the last step."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if second > 60:
        return None
    try:
        start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    seconds = Fraction((start - datetime(1970, 1, 1, tzinfo=UTC)).days * 86400 + hour * 3600 + minute * 60)
    seconds += second + Fraction(int(found[7] or 0), 10 ** len(found[7] or ""))
    if found[8]:
        hours, minutes = int(found[9]), int(found[10])
        if hours > 23 or minutes > 59:
            return None
        east = hours * 3600 + minutes * 60
        seconds -= east if found[8] == "+" else -east
    return float(seconds)


def read_reference(message: bytes, kafka_ms: int, milliseconds: bool = False) -> list[Observed] | None:
    """The observations of a message; None unless msgspec accepts it and each of them is valid.

    ``milliseconds``: whether a number in ``timestamp`` is in milliseconds.
    """
    try:
        document = msgspec.json.decode(message.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    elements = document if isinstance(document, list) else [document]
    observed = [_observe(element, kafka_ms, milliseconds) for element in elements]
    good = [one for one in observed if one is not None]
    return good if good and len(good) == len(observed) else None


def _observe(element: Any, kafka_ms: int, in_ms: bool) -> Observed | None:
    if not isinstance(element, dict):
        return None
    metric, labels, value = element.get("metric"), element.get("labels") or {}, _float(element.get("value"))
    learn = element.get("learn")
    if element.get("labels") is None and any(
        isinstance(element.get(name), dict | list) and element[name]
        for name in (
            *("tags", "tag", "label", "dimensions", "attributes"),
            *("Labels", "Tags", "Dimensions", "Attributes"),
        )
    ):
        return None
    timestamp = _timestamp(element, kafka_ms, in_ms)
    if not isinstance(metric, str) or not _fits(metric, 1) or value is None or timestamp is None:
        return None
    if not isinstance(labels, dict) or len(labels) > 32 or not isinstance(learn, bool | None):
        return None
    labels = {name: str(text) if type(text) is int else text for name, text in labels.items()}
    if not all(isinstance(text, str) and _fits(name, 1) and _fits(text, 0) for name, text in labels.items()):
        return None
    present = {name: text for name, text in labels.items() if text}
    return Observed(Series.of(metric, present), timestamp, value, bool(learn))


def _timestamp(element: dict[str, Any], kafka_ms: int, in_ms: bool) -> float | None:
    given, milliseconds = element.get("timestamp"), element.get("timestamp_ms")
    if given is not None and milliseconds is not None:
        return None
    if given is None and milliseconds is None:
        seconds: float | None = kafka_ms / 1000.0
    elif given is None:
        converted = _float(milliseconds)
        seconds = None if converted is None else converted / 1000.0
    elif isinstance(given, str):
        seconds = slow_instant(given)
    else:
        seconds = _float(given)
        if in_ms and seconds is not None:
            seconds = seconds / 1000.0 if seconds >= 1e11 else None
    return seconds if seconds is not None and 0 <= seconds <= LATEST else None


def _float(number: Any) -> float | None:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    try:
        return float(number)
    except OverflowError:
        return None


def _fits(text: str, least: int) -> bool:
    return least <= len(text.encode()) <= 255
