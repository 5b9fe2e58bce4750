"""RFC 3339 timestamps to seconds since the epoch, correctly rounded."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.decimal import scaled
from anomaly_stream.kernels.jit import leaf_kernel

_MOST_FRACTION_DIGITS = 9
_LATEST = 9_000_000_000
"""This is a time in 2255. With nine decimals of a second, it has 19 digits."""


@leaf_kernel
def days_from_epoch(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the proleptic Gregorian calendar, from year 1.

    Howard Hinnant, chrono-compatible low-level date algorithms.
    """
    if month <= 2:
        year -= 1
        month += 12
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month - 3) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


@leaf_kernel
def _days_in(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


@leaf_kernel
def _digits(buffer: NDArray[np.uint8], at: int, count: int) -> int:
    """``count`` decimal digits as a number; a large negative number if one is not a digit."""
    number = 0
    for i in range(at, at + count):
        digit = int(buffer[i]) - 48
        if digit < 0 or digit > 9:
            return -1_000_000
        number = number * 10 + digit
    return number


@leaf_kernel
def _zone(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """Seconds east of UTC from ``Z`` or ``+hh:mm`` at ``at``; -1,000,000 if it is malformed."""
    if end - at == 1 and (buffer[at] == 90 or buffer[at] == 122):
        return 0
    if end - at != 6 or buffer[at + 3] != 58 or (buffer[at] != 43 and buffer[at] != 45):
        return -1_000_000
    hours = _digits(buffer, at + 1, 2)
    minutes = _digits(buffer, at + 4, 2)
    if not (0 <= hours <= 23 and 0 <= minutes <= 59):
        return -1_000_000
    east = hours * 3600 + minutes * 60
    return east if buffer[at] == 43 else -east


@leaf_kernel
def instant(buffer: NDArray[np.uint8], start: int, end: int) -> float:
    """Seconds since the epoch of the timestamp in the span; NaN unless it is RFC 3339, from 1970 to 2254.

    ``2024-01-31T23:59:60.5+01:00``: ``T`` can be lower case or a space, ``Z`` can be lower case, a second has
    at most nine decimals. A leap second is the first second of the next minute, as in POSIX time.
    """
    if end - start < 20:
        return np.nan
    year, month, day = _digits(buffer, start, 4), _digits(buffer, start + 5, 2), _digits(buffer, start + 8, 2)
    hour, minute, second = (
        _digits(buffer, start + 11, 2),
        _digits(buffer, start + 14, 2),
        _digits(buffer, start + 17, 2),
    )
    dashes = buffer[start + 4] == 45 and buffer[start + 7] == 45
    colons = buffer[start + 13] == 58 and buffer[start + 16] == 58
    letter = buffer[start + 10]
    if not (dashes and colons and (letter == 84 or letter == 116 or letter == 32)):
        return np.nan
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= _days_in(year, month)):
        return np.nan
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60):
        return np.nan
    at = start + 19
    fraction = 0
    places = 0
    if buffer[at] == 46:
        places = 1
        while at + places < end and np.uint8(buffer[at + places] - np.uint8(48)) < 10:
            places += 1
        places -= 1
        if places == 0 or places > _MOST_FRACTION_DIGITS:
            return np.nan
        fraction = _digits(buffer, at + 1, places)
        at += 1 + places
    east = _zone(buffer, at, end)
    if east == -1_000_000:
        return np.nan
    seconds = days_from_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east
    if seconds < 0 or seconds > _LATEST:
        return np.nan
    mantissa = np.uint64(seconds * 10**places + fraction)
    value, finite = scaled(mantissa, -places)
    return value if finite else np.nan
