"""One JSON message in full, with a reason for each fault: for messages that the kernel leaves.

msgspec reads the message if it can. If not, the standard library reads it again: it is more lenient (``NaN``,
``1e999``, lone surrogates), so that the good observations are kept and the fault of each other one is named.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from anomaly_stream.formats.json import other_names
from anomaly_stream.formats.json.label_values import WholeNumber, label_texts
from anomaly_stream.formats.limits import ObservationError, check_timestamp, check_value, checked_series
from anomaly_stream.formats.message_decoder import DecodedObservation, Message
from anomaly_stream.kernels.instants import instant
from anomaly_stream.kernels.json_fields import EARLIEST_MILLISECONDS
from anomaly_stream.kernels.json_spans import deepest_nesting
from anomaly_stream.model import FaultReason

MAX_NESTING = 64
_NAMED_ELEMENTS = 5
_SHOWN = 40
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?([eE][-+]?[0-9]+)?")
_ZONELESS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?")


class ObservationDocument(msgspec.Struct, frozen=True):
    """The fields of one observation. Null means absent; unknown fields are ignored.

    An integer as the value of a label counts as the string of its digits.
    """

    metric: str
    value: float
    labels: dict[str, str | int] | None = None
    timestamp: float | str | None = None
    timestamp_ms: float | None = None
    learn: bool | None = None
    tags: Any = None
    tag: Any = None
    label: Any = None
    dimensions: Any = None
    attributes: Any = None
    Labels: Any = None
    Tags: Any = None
    Dimensions: Any = None
    Attributes: Any = None


_decoder = msgspec.json.Decoder(ObservationDocument | list[ObservationDocument])


_lenient = json.JSONDecoder(parse_int=WholeNumber)


def read_message(message: bytes, kafka_ms: int, milliseconds: bool = False) -> Message:
    """The observations of one message; see ``ReadMessage``.

    ``milliseconds``: whether a number in ``timestamp`` is in milliseconds.
    """
    try:
        text = message.decode()
    except UnicodeDecodeError as error:
        raise ObservationError(FaultReason.MALFORMED, f"not UTF-8 at byte {error.start}") from None
    _check_nesting(message)
    return _read_elements(_decode(text), kafka_ms, milliseconds)


def _check_nesting(message: bytes) -> None:
    if message.count(b"[") + message.count(b"{") <= MAX_NESTING:
        return
    if deepest_nesting(np.frombuffer(message, np.uint8)) > MAX_NESTING:
        raise ObservationError(
            FaultReason.LIMIT, f"arrays and objects are nested deeper than {MAX_NESTING} levels"
        )


def _decode(text: str) -> Any:
    """One ``ObservationDocument`` or a list of them; plain Python values if msgspec rejects the message."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        return _lenient.decode(text)
    except ValueError as error:
        cause = "it begins with a byte order mark: send it without" if text[:1] == "\ufeff" else error
        raise ObservationError(FaultReason.MALFORMED, f"not JSON: {cause}") from None


def _read_elements(document: Any, kafka_ms: int, milliseconds: bool) -> Message:
    if not isinstance(document, list):
        return Message([_read(document, kafka_ms, milliseconds)])
    if not document:
        raise ObservationError(FaultReason.EMPTY, "the array is empty")
    observations: list[DecodedObservation] = []
    faults: list[tuple[int, ObservationError]] = []
    for number, element in enumerate(document):
        try:
            observations.append(_read(element, kafka_ms, milliseconds))
        except ObservationError as fault:
            faults.append((number, fault))
    if not faults:
        return Message(observations)
    named = "; ".join(f"element {number}: {fault.detail}" for number, fault in faults[:_NAMED_ELEMENTS])
    more = len(faults) - _NAMED_ELEMENTS
    detail = f"{named}; and {more} more" if more > 0 else named
    return Message(observations, ObservationError(faults[0][1].reason, detail))


def _read(element: Any, kafka_ms: int, milliseconds: bool) -> DecodedObservation:
    document = element if isinstance(element, ObservationDocument) else _typed(element)
    labels = label_texts(document.labels or {})
    if document.labels is None:
        _check_names(document)
    series = checked_series(document.metric, labels)
    check_value(document.value)
    timestamp = _timestamp(document, kafka_ms, milliseconds)
    check_timestamp(timestamp)
    return DecodedObservation(series, timestamp, document.value, bool(document.learn))


def _timestamp(document: ObservationDocument, kafka_ms: int, milliseconds: bool) -> float:
    given, given_ms = document.timestamp, document.timestamp_ms
    if given is not None and given_ms is not None:
        raise ObservationError(
            FaultReason.TIMESTAMP, "both timestamp and timestamp_ms are given: send one of them"
        )
    if given_ms is not None:
        return given_ms / 1000.0
    if given is None:
        if kafka_ms < 0:
            raise ObservationError(
                FaultReason.TIMESTAMP, "neither the observation nor its Kafka record has a timestamp"
            )
        return kafka_ms / 1000.0
    if isinstance(given, float):
        return _from_milliseconds(given) if milliseconds else given
    seconds = math.nan
    if given.isascii():
        text = np.frombuffer((given + "Z" if _ZONELESS.fullmatch(given) else given).encode(), np.uint8)
        seconds = instant(text, 0, len(text))
    if math.isnan(seconds):
        number = _NUMBER.fullmatch(given.strip())
        cure = "send a number without quotes" if number else "send a time such as 2024-01-31T12:00:00Z"
        raise ObservationError(
            FaultReason.TIMESTAMP,
            f"timestamp {given[:40]!a} is not an RFC 3339 time from 1970 to 2100: {cure}",
        )
    return seconds


def _from_milliseconds(given: float) -> float:
    if 0.0 <= given < EARLIEST_MILLISECONDS:
        raise ObservationError(
            FaultReason.TIMESTAMP,
            f"timestamp {given:.17g} ms is before 1973; if it is in seconds, the format of the topic is json",
        )
    return given / 1000.0


def _check_names(document: ObservationDocument) -> None:
    """Raise ``ObservationError`` if the labels have the name that another system gives them."""
    for name in other_names.OF_LABELS:
        if isinstance(given := getattr(document, name), dict | list) and given:
            raise ObservationError(
                FaultReason.LABELS, f"{name!r} is not a field of an observation; did you mean 'labels'?"
            )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, float)


_CHECKS: tuple[tuple[str, Callable[[object], bool], bool, FaultReason, str], ...] = (
    ("metric", _is_text, True, FaultReason.METRIC, "a string"),
    ("labels", lambda v: isinstance(v, dict), False, FaultReason.LABELS, "an object"),
    ("value", _is_number, True, FaultReason.VALUE, "a finite number"),
    (
        "timestamp",
        lambda v: _is_text(v) or _is_number(v),
        False,
        FaultReason.TIMESTAMP,
        "a number of seconds or an RFC 3339 string",
    ),
    ("timestamp_ms", _is_number, False, FaultReason.TIMESTAMP, "a number of milliseconds"),
    ("learn", lambda v: isinstance(v, bool), False, FaultReason.MALFORMED, "true or false"),
)


def _typed(element: Any) -> ObservationDocument:
    """Check the types of an element that the standard library has read; every number is a float."""
    if not isinstance(element, dict):
        raise ObservationError(FaultReason.MALFORMED, "an observation must be a JSON object")
    for field, fits, required, reason, expected in _CHECKS:
        value = element.get(field)
        if value is None and not required:
            continue
        if value is None and field not in element:
            raise ObservationError(reason, f"{field} is missing{other_names.did_you_mean(field, element)}")
        if not fits(value):
            raise ObservationError(reason, f"{field} is {_shown(value)}, not {expected}{_cure(field, value)}")
    for name, value in (element.get("labels") or {}).items():
        if not isinstance(value, str | WholeNumber):
            cure = "put it in quotes" if isinstance(value, bool | float) else "leave it out, or send text"
            raise ObservationError(
                FaultReason.LABELS,
                f"label {name[:40]!a} is {_shown(value)}, not a string or an integer: {cure}",
            )
    checked: list[Any] = [element.get(field) for field in ObservationDocument.__struct_fields__]
    return ObservationDocument(*checked)


def _shown(value: object) -> str:
    """A short text of any JSON value, in ASCII."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, WholeNumber):
        return f"the number {value:.17g}"
    if isinstance(value, float):
        return f"the number {value!r}"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _cure(field: str, value: object) -> str:
    if field in ("value", "timestamp_ms") and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return ": send it without quotes" + (" and with a decimal point" if "," in value else "")
    return ""
