"""The format, as of ``datetime.strptime``, that the text of a time probably has: for messages."""

import re
from datetime import datetime

_DAY_FIRST, _MONTH_FIRST, _DAY_ONLY = ("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%d", "%y")


def likely_formats(text: str) -> list[str]:
    """The formats by which ``text`` is a time: two if day and month may be swapped, none if it is no time.

    Words that are no name of a month, such as an abbreviated time zone, are part of the format as they are.
    """
    text = text.strip()
    form = _with_names(_with_clock(text))
    form = re.sub(r"(?<!\d)\d{4}(?!\d)", "%Y", form, count=1)
    named, year_first = re.search("%[bB]", form), form.startswith("%Y")
    orders = [_DAY_ONLY] if named else [_MONTH_FIRST] if year_first else [_DAY_FIRST, _MONTH_FIRST]
    formats = dict.fromkeys(_with_date(form, order) for order in orders)
    return [each for each in formats if "%d" in each and re.search("%[mbB]", each) and _reads(text, each)]


def _with_clock(text: str) -> str:
    hour = "%I" if re.search(r"[ap]m\b", text, re.IGNORECASE) else "%H"
    form = re.sub(r"(?<!\d)\d{1,2}:\d{2}:\d{2}(?!\d)", f"{hour}:%M:%S", text, count=1)
    form = re.sub(r"(?<=%S)\.\d{1,6}(?!\d)", ".%f", form)
    form = re.sub(r"(?<!\d)\d{1,2}:\d{2}(?!\d)", f"{hour}:%M", form, count=1)
    form = re.sub(r"(?<!\d)\d{1,2}h\d{2}(?!\d)", "%Hh%M", form, count=1)
    form = re.sub(r"(?<=[ %MSf])[+-]\d{2}:?\d{2}$", "%z", form)
    return re.sub(r"[ap]m\b", "%p", form, flags=re.IGNORECASE)


def _with_names(form: str) -> str:
    return re.sub(r"(?<!%)\b[A-Za-z]+", lambda found: _of_name(found[0]), form)


def _of_name(word: str) -> str:
    """The directive of the name of a month or of a weekday; another word unchanged."""
    return next((each for each in ("%b", "%B", "%a", "%A") if _reads(word, each)), word)


def _with_date(form: str, order: tuple[str, ...]) -> str:
    parts = iter(order)
    return re.sub(r"(?<!\d)\d{1,2}(?!\d)", lambda found: next(parts, found[0]), form)


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except (ValueError, re.error):  # the latter for a directive twice
        return False
    return True
