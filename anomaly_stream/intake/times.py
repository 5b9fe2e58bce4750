"""Timestamps as files have them, converted to a field of an observation."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.local_times import LocalTimes, since_epoch
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.intake.time_formats import likely_formats

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|z|[+-][0-9]{2}:[0-9]{2})?"
)
_COMPACT = re.compile(r"(1[89]|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([0-9]{6})?")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})(?![0-9])")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?![0-9])")
_SLASHED = re.compile(r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{2,4}\b")
_SPACED_ZONE = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)")
_ONE_DIGIT_HOUR = re.compile(r"(?<=[T ])([0-9])(?=:)")
_SECONDS = "%s"
"""Says that numbers which look like years or dates are seconds since the epoch, as in ``date +%s``."""
_FIRST_MILLISECONDS, _FIRST_MICROSECONDS, _FIRST_NANOSECONDS = 1e11, 1e14, 1e17
"""The units do not overlap: from 1973 to 2100 each has numbers of its own."""

Field = tuple[str, object]


def zone_named(timezone: str, spelling: OptionSpelling = COMMAND_LINE) -> ZoneInfo:
    """The zone that the option ``timezone`` names. Raises AnomalyStreamError if there is none."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        option = spelling.name("timezone")
        raise AnomalyStreamError(
            f"{option}: there is no time zone {timezone!r}: give a name such as Europe/Berlin"
        ) from None


class TimeReader:
    """Reads one column of timestamps.

    A number is in seconds, milliseconds, microseconds or nanoseconds since the epoch, by its size. Text is
    RFC 3339 or another form of ISO 8601: a date, minutes, a space for the ``T``. ``2024/1/31`` and
    ``31.1.2024`` are read too. ``1/2/2024`` is not, because its order is not known: it needs a format.

    Args:
        timezone: zone of text without one.
        pattern: format of the text, as in ``datetime.strptime``, or ``%s`` for numbers; None: as above.
        milliseconds: every number is in milliseconds.
        spelling: how messages name the options.
    """

    def __init__(
        self,
        timezone: str = "UTC",
        pattern: str | None = None,
        milliseconds: bool = False,
        spelling: OptionSpelling = COMMAND_LINE,
    ) -> None:
        self._local = LocalTimes(zone_named(timezone, spelling))
        self._is_utc = timezone == "UTC"
        self._pattern = pattern
        self._milliseconds = milliseconds
        self._spelling = spelling

    def read(self, cell: str, metric: str = "", labels: Mapping[str, str] = MappingProxyType({})) -> Field:
        """Name and value of the field ``timestamp`` or ``timestamp_ms``.

        Metric and labels name the series, because its earlier times say which of two equal local times is
        meant. Raises ValueError, with a message for users.
        """
        value = self._value(cell)
        if not isinstance(value, datetime):
            return value
        if value.tzinfo is None:
            return "timestamp", self._local.seconds(value, (metric, frozenset(labels.items())))
        return "timestamp", since_epoch(value)

    def _value(self, cell: str) -> Field | datetime:
        text = cell.strip()
        if not text:
            raise ValueError("the timestamp is empty")
        if self._pattern not in (None, _SECONDS):
            return self._by_pattern(text)
        if not self._milliseconds and self._pattern is None and _COMPACT.fullmatch(text):
            return self._iso(text[:8] + ("T" + text[8:] if len(text) > 8 else ""), text)
        if _NUMBER.fullmatch(text):
            return self._since_epoch(text)
        standard = _RFC_3339.fullmatch(text)
        if standard and (standard[2] or self._is_utc):
            return "timestamp", text if standard[2] else f"{text}Z"
        return self._iso(text, text)

    def _since_epoch(self, text: str) -> Field:
        size = abs(float(text))
        if size == math.inf:
            raise ValueError(f"timestamp {text[:40]!r} is too large")
        if self._milliseconds or _FIRST_MILLISECONDS <= size < _FIRST_MICROSECONDS:
            return "timestamp_ms", msgspec.Raw(text.encode())
        if size < _FIRST_MILLISECONDS:
            return "timestamp", msgspec.Raw(text.encode())
        unit = 1_000_000 if size < _FIRST_NANOSECONDS else 1_000_000_000
        return "timestamp", (int(text) if text.isdigit() else float(text)) / unit

    def _by_pattern(self, text: str) -> datetime:
        assert self._pattern is not None
        try:
            return datetime.strptime(text, self._pattern)
        except ValueError:
            raise ValueError(f"timestamp {text[:40]!r} does not have the format {self._pattern!r}") from None

    def _iso(self, text: str, written: str) -> datetime:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
        if _SLASHED.match(text):
            raise ValueError(
                f"timestamp {written[:40]!r} may begin with the day or the month: say which with "
                f"{_proposed(written, self._spelling)}"
            )
        try:
            return datetime.fromisoformat(_as_iso(text))
        except ValueError:
            raise ValueError(
                f"timestamp {written[:40]!r} is neither ISO 8601 nor seconds since the epoch: give its form "
                f"with {_proposed(written, self._spelling)}"
            ) from None


def _proposed(text: str, spelling: OptionSpelling) -> str:
    """The option with the formats that the text may have; with an example if there is none."""
    found = likely_formats(text)
    if not found:
        return f"{spelling.name('timestamp_format')}, for example '%d.%m.%Y %H:%M'"
    proposal = spelling.given("timestamp_format", " or ".join(f"'{form}'" for form in found))
    zone = re.search(r" [A-Z]{3,5}$", text)
    name = re.search(r" ([A-Z][A-Za-z]+(/[A-Za-z_]+)+)$", text)
    if name:
        return f"{proposal}{spelling.between}{spelling.given('timezone', name[1])}"
    place = f", and the place of {zone[0].strip()} with {spelling.name('timezone')}" if zone else ""
    return proposal + place


def _as_iso(text: str) -> str:
    """Common forms of a time in the form that the standard library reads; others unchanged."""
    if text.endswith((" UTC", " GMT")):
        text = f"{text[:-4]}+00:00"
    if _MONTH.fullmatch(text):
        text += "-01"
    text = _YEAR_FIRST.sub(lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", text)
    text = _DAY_FIRST.sub(lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}", text)
    return _ONE_DIGIT_HOUR.sub(r"0\1", _SPACED_ZONE.sub("", text))
