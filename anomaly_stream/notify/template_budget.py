"""How much a template may make: steps, characters and elements, counted while it is rendered."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

MAX_STEPS = 20_000
MAX_MADE = 200_000
"""Characters that a template may read and write, and elements of the lists it makes, in total."""

_MAX_FACTOR = 1e15
_MAX_TEXT_ARGUMENT, _MAX_NUMBER_ARGUMENT = 100, 1_000
_MAX_FORMATTED = 2_000_000
_GROWING_FORMAT = re.compile(r"\*|\d{4}|\{[^}]*\{")


class Budget:
    """What is left to one rendering."""

    def __init__(self) -> None:
        self._steps, self._made = MAX_STEPS, MAX_MADE

    def step(self) -> None:
        """A pass of a loop, or a call. Raises SecurityError."""
        self._steps -= 1
        if self._steps < 0:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps")

    def make(self, size: int) -> None:
        """So many characters or elements. Raises SecurityError."""
        self._made -= size
        if self._made < 0:
            raise SecurityError(f"it makes more than {MAX_MADE:,} characters")


current: ContextVar[Budget] = ContextVar("budget of the template that is rendered")


def made(value: Any) -> Any:
    """The value; what a text or a list takes is counted, with all lists in it."""
    if isinstance(value, str | bytes):
        current.get().make(len(value))
    else:
        _count_elements(value)
    return value


def written(value: Any) -> str:
    """The value as text, counted before it is made. Lists that share parts can be long texts."""
    _count_characters(value)
    return value if isinstance(value, str) else str(value)


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """The items, each one step."""
    for item in items:
        current.get().step()
        yield item


def sum_of_numbers(items: Iterable[Any], attribute: str | None = None, start: float = 0) -> Any:
    """The filter ``sum``, which would join lists too."""
    if not isinstance(start, int | float):
        raise SecurityError("sum is for numbers")
    values = counted(items)
    return sum((value[attribute] for value in values) if attribute is not None else values, start)


def bounded_filter(original: Callable[..., Any], is_of_texts: bool) -> Callable[..., Any]:
    """A filter that counts what it reads and makes. One of texts makes little more than it reads."""
    first = 1 if hasattr(original, "jinja_pass_arg") else 0

    @wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        current.get().step()
        if is_of_texts:
            value, *others = arguments[first:]
            value = list(counted(value)) if isinstance(value, Iterator) else value
            _count_characters(value)
            check_arguments([*others, *named.values()])
            arguments = (*arguments[:first], value, *others)
        return made(original(*arguments, **named))

    return call


def check_arguments(arguments: Iterable[Any]) -> None:
    """Arguments that say how a text is changed, such as a width. Raises SecurityError if one is large."""
    for each in arguments:
        is_small = True
        if isinstance(each, tuple):
            check_arguments(each)
        elif isinstance(each, str | bytes):
            is_small = len(each) <= _MAX_TEXT_ARGUMENT
        else:
            is_small = each is None or (isinstance(each, int | float) and abs(each) <= _MAX_NUMBER_ARGUMENT)
        if not is_small:
            raise SecurityError(
                f"an argument is a text up to {_MAX_TEXT_ARGUMENT} characters or a number up to "
                f"{_MAX_NUMBER_ARGUMENT:,}"
            )


def check_format(text: str | bytes, arguments: Any) -> None:
    """Raises SecurityError if a text with places for arguments would become long."""
    shown = text if isinstance(text, str) else text.decode("latin-1")
    if _GROWING_FORMAT.search(shown):
        raise SecurityError("a width in a format is a number up to 999")
    places = shown.count("%") + shown.count("{")
    if places * (_MAX_NUMBER_ARGUMENT + _count_characters(arguments)) > _MAX_FORMATTED:
        raise SecurityError("a format has too many places for arguments that long")


def check_product(operator: str, left: Any, right: Any) -> None:
    """Raises SecurityError unless both are moderate numbers. Others, and texts, would fill the memory."""
    factors = [abs(each) for each in (left, right) if isinstance(each, int | float)]
    if operator == "**" or len(factors) < 2 or max(factors) > _MAX_FACTOR:
        raise SecurityError(f"* is for numbers up to {_MAX_FACTOR:g}, and ** is not available")


def _count_characters(value: Any) -> int:
    """Count the characters of a value as text, and return them. Raises SecurityError."""
    if isinstance(value, str | bytes):
        size = len(value)
    elif isinstance(value, list | tuple | dict):
        size = 2
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for part in parts:
            current.get().make(2)
            size += 2 + _count_characters(part)
        return size
    elif value is None or isinstance(value, int | float | Undefined):
        size = 20
    else:
        raise SecurityError(f"a {type(value).__name__} is not a text: only texts, numbers and lists are")
    current.get().make(size)
    return size


def _count_elements(value: Any) -> None:
    if isinstance(value, list | tuple | Mapping):
        current.get().make(len(value))
        for part in value.values() if isinstance(value, Mapping) else value:
            _count_elements(part)
