"""Numbers as files have them, with a decimal point or comma."""

import math
import re
from collections.abc import Iterable

import msgspec

from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_GROUPED = {
    ".": re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?"),
    ",": re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?"),
}
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,?[0-9]*([eE][+-]?[0-9]+)?")
_SPACED = re.compile(r"[+-]?[0-9]{1,3}([ \u00a0\u2009\u202f'\u2019][0-9]{3})+(?![0-9])")
"""Thousands grouped by spaces or apostrophes, which no country has for a decimal mark."""
_GROUP_MARKS = str.maketrans("", "", " \u00a0\u2009\u202f'\u2019")
_UNIT = re.compile(r"([^0-9.,+-]*)[+-]?[0-9][0-9.,]*([^0-9.,+-]*)")
_COMMA, _POINT = "','", "'.'"
_ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "<na>", "nat"})


def is_absent(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().lower() in _ABSENT


def decimal_mark(cells: Iterable[str], delimiter: str, spelling: OptionSpelling = COMMAND_LINE) -> str:
    """The decimal mark of values, ``.`` or ``,``.

    Raises ValueError, with a message for users, if ``1,234`` may be one or a thousand. Where semicolons
    delimit cells, a single such value has a decimal comma.
    """
    commas = [cell.strip() for cell in cells if "," in cell]
    if not commas or any(0 <= cell.rfind(",") < cell.rfind(".") for cell in commas):
        return "."
    if not all(map(_THOUSANDS.fullmatch, commas)) or (delimiter == ";" and len(commas) == 1):
        return ","
    if any(cell.count(",") > 1 for cell in commas):
        return "."
    raise ValueError(
        f"the value {commas[0]!r} has a comma that may be the decimal mark: say so with "
        f"{spelling.given('decimal', _COMMA)}, or {spelling.given('decimal', _POINT)} if it groups thousands"
    )


def read_number(cell: str, decimal: str = ".", spelling: OptionSpelling = COMMAND_LINE) -> object:
    """A cell as a JSON number, its digits unchanged where JSON has them so.

    Raises ValueError, with a message for users, unless it is a finite number.
    """
    text = cell.strip().replace("\u2212", "-")
    if _SPACED.match(text):
        text = text.translate(_GROUP_MARKS)
    if _JSON_NUMBER.fullmatch(text) and (decimal == "." or text.isdigit()):
        return msgspec.Raw(text.encode())
    if _GROUPED[decimal].fullmatch(text):
        text = text.replace("," if decimal == "." else ".", "").replace(",", ".")
    elif decimal == "," and _COMMA_NUMBER.fullmatch(text):
        text = text.replace(",", ".")
    elif decimal == "," and "." in text:
        option = spelling.name("decimal")
        raise ValueError(f"value {cell[:40]!r} is not a number with a decimal comma; see {option}")
    try:
        if text.isascii() and "_" not in text and math.isfinite(number := float(text)):
            return number
    except ValueError:
        pass
    if not text:
        raise ValueError("the value is empty")
    raise ValueError(f"value {cell[:40]!r} is not a finite number{_cure(text, spelling)}")


def _cure(text: str, spelling: OptionSpelling) -> str:
    if _COMMA_NUMBER.fullmatch(text):
        return f"; for a decimal comma add {spelling.given('decimal', _COMMA)}"
    unit = _UNIT.fullmatch(text)
    return f": remove {' and '.join(repr(part.strip()) for part in unit.groups() if part)}" if unit else ""
