"""Dates as plain numbers, such as ``202401`` or a day of a spreadsheet, which could be seconds too."""

import re
from collections.abc import Iterable

from anomaly_stream.intake.numbers import is_absent
from anomaly_stream.intake.option_spelling import OptionSpelling

_MONTH, _DAY, _HOUR, _MINUTE = (
    "(0[1-9]|1[0-2])",
    "(0[1-9]|[12][0-9]|3[01])",
    "([01][0-9]|2[0-3])",
    "[0-5][0-9]",
)
_DATE = f"(19|20)[0-9]{{2}}{_MONTH}{_DAY}"
_FORMS = {
    "%Y": re.compile("[12][0-9]{3}"),
    "%Y%m": re.compile(f"[12][0-9]{{3}}{_MONTH}"),
    "%Y%m%d%H": re.compile(f"{_DATE}{_HOUR}"),
    "%Y%m%d%H%M": re.compile(f"{_DATE}{_HOUR}{_MINUTE}"),
}


_SERIAL_DAY = re.compile(r"[3-5][0-9]{4}(\.[0-9]+)?")
"""A day since 30 December 1899, as spreadsheets count, from 1982 to 2064."""


def calendar_format(cells: Iterable[str]) -> str | None:
    """The format, as of ``datetime.strptime``, if all filled cells could be years, months, hours or so."""
    filled = {cell.strip() for cell in cells if not is_absent(cell)}
    ending = ".0" if filled and all(cell.endswith(".0") for cell in filled) else ""
    filled = {cell.removesuffix(ending) for cell in filled}
    for form, pattern in _FORMS.items():
        if filled and all(map(pattern.fullmatch, filled)):
            return form + ending
    return None


def check_unit(cells: Iterable[str], spelling: OptionSpelling) -> None:
    """Raise ValueError, with a message for users, if the numbers of a time column may be no seconds."""
    cells = [cell.strip() for cell in cells if not is_absent(cell)]
    form = calendar_format(cells)
    if form is not None:
        raise ValueError(
            f"timestamp {cells[0]!r} may be a date or a number of seconds: say which with "
            f"{spelling.given('timestamp_format', repr(form))}, or '%s' for seconds since the epoch"
        )
    if cells and all(map(_SERIAL_DAY.fullmatch, cells)):
        raise ValueError(
            f"timestamp {cells[0]!r} may be a day of a spreadsheet or a number of seconds: format the column "
            f"there as yyyy-mm-dd hh:mm:ss and export it again, or add "
            f"{spelling.given('timestamp_format', repr('%s'))} for seconds since the epoch"
        )
