"""Validation errors of pydantic as faults by field, for users."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from anomaly_stream.errors import FieldFault
from anomaly_stream.registry.yaml_json import as_written, written

_MESSAGES = {
    "missing": "is required",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "extra_forbidden": "is no parameter of this request",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "invalid_key": "must be a string: every key is one",
    "string_pattern_mismatch": "must be letters, digits, '.', '_' and '-', and begin with a letter or digit",
}

_BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


def field_faults(
    error: ValidationError, model: type[BaseModel], at: Sequence[int | str] = (), whole: str = "config"
) -> list[FieldFault]:
    """One fault for each error of ``error``, which validating ``model`` raised.

    ``at`` is the place of the document in a larger one, and ``whole`` the name of the largest. Unknown fields
    get a suggestion. No fault repeats a value of a model that hides its input, because it may be a secret.
    """
    faults = []
    errors = error.errors(include_url=False)
    for details in errors:
        location = details["loc"]
        if details["type"] == "too_short" and any(_is_within(each["loc"], location) for each in errors):
            continue  # its elements are faulty, and were not counted
        if details["type"] == "extra_forbidden":
            message = "unknown field" + did_you_mean(str(location[-1]), _fields_at(model, location[:-1]))
        else:
            message = message_of(details)
            if not model.model_config.get("hide_input_in_errors"):
                message += _cure(details)
        faults.append(FieldFault(field_path((*at, *location), whole), message))
    return faults


def _is_within(location: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    return len(location) > len(outer) and location[: len(outer)] == outer


def field_path(location: Sequence[int | str], whole: str = "config") -> str:
    """``("configs", 2, "metric")`` as ``configs[2].metric``; the whole document is ``whole``.

    A faulty key is at its entry.
    """
    path = ""
    for step in location:
        if step == "[key]":
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or whole


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'metric'?`` if a known word is close, else a list of the known words."""
    words = sorted(known)
    return close_to(word, words) or (f"; known are {', '.join(words)}" if words else "")


def close_to(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'metric'?`` if a known word is close, else nothing: for words too many to list."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def message_of(details: Any) -> str:
    """What is wrong, by the details that pydantic gives."""
    cause = details.get("ctx", {}).get("error")
    if details["type"] == "value_error" and cause is not None:
        return str(cause)
    if details["type"] in _MESSAGES:
        return _MESSAGES[details["type"]]
    message = re.sub(r"^\w+ should ", "must ", str(details["msg"]))
    return message.replace(" after validation", "")


def _cure(details: Any) -> str:
    """What to write instead, where a value of the right kind was written in another type."""
    value, expected = details["input"], details["type"]
    if expected == "string_type" and isinstance(value, bool | int | float):
        return f": write '{as_written(value)}' in quotes"
    if expected in ("int_type", "float_type", "bool_type") and isinstance(value, str):
        return f", not the string {value[:40]!r}"
    if expected == "list_type" and isinstance(value, str):
        return f": write [{value[:40]}]"
    if expected == "literal_error":
        known = re.findall(r"'([^']*)'", details["ctx"]["expected"])
        close = close_to(as_written(value).lower(), known)
        return f", not {written(value)}{close}"
    if (
        expected in ("string_type", "list_type", "dict_type", "int_type", "float_type", "bool_type")
        or expected in _BOUNDS
    ):
        return f", not {written(value)}"
    return ""


def _fields_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Names of the fields of the model nested at ``location``, of an element where a field holds several."""
    for step in location:
        if step not in model.model_fields:
            continue  # the key of an element
        annotation = model.model_fields[str(step)].annotation
        nested = _model_in(annotation)
        if nested is None:
            return []
        model = nested
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds: ``Model`` of ``dict[str, Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
