"""One JSON message at a time: what the kernel leaves, judged in full, with a reason for each fault.

A message is taken by msgspec if it can be. If not, it is read once more by the standard library, which
is more lenient (``NaN``, ``1e999``, lone surrogates), to find out which of its observations are good and
what is wrong with the others.
"""

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np

from anomaly_stream.formats.limits import ObservationError, check_series, check_timestamp, check_value
from anomaly_stream.kernels.instants import instant
from anomaly_stream.kernels.json_spans import deepest_nesting
from anomaly_stream.model import FaultReason, Series

DEEPEST_NESTING = 64
_NAMED_ELEMENTS = 5


class ObservationDocument(msgspec.Struct, frozen=True):
    """An observation's fields by type; null stands for absent, unknown fields are ignored."""

    metric: str
    value: float
    labels: dict[str, str] | None = None
    timestamp: float | str | None = None
    timestamp_ms: float | None = None
    learn: bool | None = None


class DecodedObservation(NamedTuple):
    """A good observation."""

    series: Series
    timestamp: float
    value: float
    learn: bool


class Message(NamedTuple):
    """What one message holds: its good observations, and the one fault that speaks for the others."""

    observations: list[DecodedObservation]
    fault: ObservationError | None


_decoder = msgspec.json.Decoder(ObservationDocument | list[ObservationDocument])


def _whole_number(text: str) -> float:
    """Integers as doubles, ``-0`` as 0 as msgspec has it; none is too long."""
    return float(text) + 0.0


_lenient = json.JSONDecoder(parse_int=_whole_number)


def read_message(message: bytes | None, kafka_ms: int) -> Message:
    """Judge one message; ``kafka_ms`` is the time for observations without one (-1: there is none)."""
    if not message:
        return Message([], ObservationError(FaultReason.EMPTY, "the record has no value"))
    try:
        text = message.decode()
        _check_nesting(message)
        return _read_elements(_decode(text), kafka_ms)
    except UnicodeDecodeError as error:
        return Message([], ObservationError(FaultReason.MALFORMED, f"not UTF-8 at byte {error.start}"))
    except ObservationError as fault:
        return Message([], fault)


def _check_nesting(message: bytes) -> None:
    if message.count(b"[") + message.count(b"{") <= DEEPEST_NESTING:
        return
    if deepest_nesting(np.frombuffer(message, np.uint8)) > DEEPEST_NESTING:
        raise ObservationError(FaultReason.LIMIT, f"nested deeper than {DEEPEST_NESTING}")


def _decode(text: str) -> Any:
    """One ``ObservationDocument`` or a list of them; plain objects where msgspec refuses the message."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        return _lenient.decode(text)
    except ValueError as error:
        raise ObservationError(FaultReason.MALFORMED, f"not JSON: {error}") from None


def _read_elements(document: Any, kafka_ms: int) -> Message:
    if not isinstance(document, list):
        return Message([_read(document, kafka_ms)], None)
    if not document:
        raise ObservationError(FaultReason.EMPTY, "an array without observations")
    observations: list[DecodedObservation] = []
    faults: list[tuple[int, ObservationError]] = []
    for number, element in enumerate(document):
        try:
            observations.append(_read(element, kafka_ms))
        except ObservationError as fault:
            faults.append((number, fault))
    if not faults:
        return Message(observations, None)
    named = "; ".join(f"element {number}: {fault.detail}" for number, fault in faults[:_NAMED_ELEMENTS])
    more = len(faults) - _NAMED_ELEMENTS
    detail = f"{named}; and {more} more" if more > 0 else named
    return Message(observations, ObservationError(faults[0][1].reason, detail))


def _read(element: Any, kafka_ms: int) -> DecodedObservation:
    spelled = element if isinstance(element, ObservationDocument) else _typed(element)
    labels = spelled.labels or {}
    check_series(spelled.metric, labels)
    check_value(spelled.value)
    timestamp = _timestamp(spelled, kafka_ms)
    check_timestamp(timestamp)
    return DecodedObservation(
        Series.of(spelled.metric, labels), timestamp, spelled.value, bool(spelled.learn)
    )


def _timestamp(spelled: ObservationDocument, kafka_ms: int) -> float:
    given, milliseconds = spelled.timestamp, spelled.timestamp_ms
    if given is not None and milliseconds is not None:
        raise ObservationError(FaultReason.TIMESTAMP, "both timestamp and timestamp_ms are given")
    if milliseconds is not None:
        return milliseconds / 1000.0
    if given is None:
        if kafka_ms < 0:
            raise ObservationError(FaultReason.TIMESTAMP, "there is no timestamp")
        return kafka_ms / 1000.0
    if isinstance(given, float):
        return given
    seconds = math.nan
    if given.isascii():
        spelling = np.frombuffer(given.encode(), np.uint8)
        seconds = instant(spelling, 0, len(spelling))
    if math.isnan(seconds):
        raise ObservationError(
            FaultReason.TIMESTAMP, f"timestamp {given[:40]!a} is no RFC 3339 of 1970 to 2100"
        )
    return seconds


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, float)


def _is_labels(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


_CHECKS: tuple[tuple[str, Callable[[object], bool], bool, FaultReason, str], ...] = (
    ("metric", _is_text, True, FaultReason.METRIC, "a string"),
    ("labels", _is_labels, False, FaultReason.LABELS, "an object of strings"),
    ("value", _is_number, True, FaultReason.VALUE, "a finite number"),
    (
        "timestamp",
        lambda v: _is_text(v) or _is_number(v),
        False,
        FaultReason.TIMESTAMP,
        "seconds or RFC 3339",
    ),
    ("timestamp_ms", _is_number, False, FaultReason.TIMESTAMP, "milliseconds"),
    ("learn", lambda v: isinstance(v, bool), False, FaultReason.MALFORMED, "true or false"),
)


def _typed(element: Any) -> ObservationDocument:
    """Check the types of an element as the standard library reads it (every number a float)."""
    if not isinstance(element, dict):
        raise ObservationError(FaultReason.MALFORMED, "an observation is a JSON object")
    for field, fits, required, reason, expected in _CHECKS:
        value = element.get(field)
        if value is None and not required:
            continue
        if value is None and field not in element:
            raise ObservationError(reason, f"{field} is missing")
        if not fits(value):
            raise ObservationError(reason, f"{field} is not {expected}")
    checked: list[Any] = [element.get(field) for field in ObservationDocument.__struct_fields__]
    return ObservationDocument(*checked)
