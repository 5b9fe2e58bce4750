"""Decimal numbers to doubles, correctly rounded: the same bits as Python's ``float``.

Clinger's fast path (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990) takes mantissas
up to 2^53 with powers up to 10^22. Eisel-Lemire takes all others of at most 19 digits (D. Lemire, Number
parsing at a gigabyte per second, Software: Practice and Experience 51, 2021); it needs no fallback (N.
Mushtak and D. Lemire, Fast number parsing without fallback, ibid. 53, 2023).
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.machine import high_product, leading_zeros

LOWEST_POWER = -342
"""A 64-bit mantissa times a smaller power of ten is 0."""
HIGHEST_POWER = 308

_EXACT_POWERS = np.array([float(10**power) for power in range(23)])
_MAX_DIGITS = 19
"""19 digits always fit into a uint64."""


def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Upper and lower words of 5^q as normalised 128-bit mantissas.

    Rounded down, except up from 5^-27 to 5^-1, as the proof without fallback requires.
    """
    upper, lower = [], []
    for power in range(LOWEST_POWER, HIGHEST_POWER + 1):
        five = 5 ** abs(power)
        if power >= 0:
            shift = five.bit_length() - 128
            mantissa = five >> shift if shift > 0 else five << -shift
        else:
            mantissa = (1 << (five.bit_length() + 127)) // five
            if power >= -27:
                mantissa += 1
        upper.append(mantissa >> 64)
        lower.append(mantissa & (1 << 64) - 1)
    return np.array(upper, dtype=np.uint64), np.array(lower, dtype=np.uint64)


_UPPER, _LOWER = _powers()
_ONE = np.uint64(1)
_LOW_BITS = np.uint64(0x1FF)
_HIDDEN_BIT = np.uint64(1 << 52)


@leaf_kernel
def _product(mantissa: np.uint64, power: int) -> tuple[np.uint64, np.uint64]:
    """The upper 128 bits of mantissa times 5^power, precise enough to round."""
    index = power - LOWEST_POWER
    high = high_product(mantissa, _UPPER[index])
    low = np.uint64(mantissa * _UPPER[index])
    if (high & _LOW_BITS) == _LOW_BITS:
        carried = high_product(mantissa, _LOWER[index])
        low = np.uint64(low + carried)
        if carried > low:
            high = np.uint64(high + _ONE)
    return high, low


@leaf_kernel
def _eisel_lemire(mantissa: np.uint64, power: int) -> tuple[float, bool]:
    """``mantissa * 10**power`` (mantissa > 0), and whether it is finite."""
    zeros = leading_zeros(mantissa)
    high, low = _product(np.uint64(mantissa << zeros), power)
    top = np.uint64(high >> np.uint64(63))
    shift = np.uint64(top + np.uint64(9))
    fraction = np.uint64(high >> shift)
    exponent = ((217706 * power) >> 16) + 1086 + np.int64(top) - np.int64(zeros)
    if exponent <= 0:
        if exponent <= -63:
            return 0.0, True
        fraction = np.uint64(fraction >> np.uint64(1 - exponent))
        fraction = np.uint64(np.uint64(fraction + (fraction & _ONE)) >> _ONE)
        return fraction.view(np.float64), True
    middle = low <= _ONE and -4 <= power <= 23 and (fraction & np.uint64(3)) == _ONE
    if middle and np.uint64(fraction << shift) == high:
        fraction = np.uint64(fraction - _ONE)  # halfway between two doubles: round to even
    fraction = np.uint64(np.uint64(fraction + (fraction & _ONE)) >> _ONE)
    if fraction >= np.uint64(_HIDDEN_BIT << _ONE):
        fraction = _HIDDEN_BIT
        exponent += 1
    if exponent >= 2047:
        return 0.0, False
    bits = np.uint64(np.uint64(np.uint64(exponent) << np.uint64(52)) | np.uint64(fraction - _HIDDEN_BIT))
    return bits.view(np.float64), True


@leaf_kernel
def scaled(mantissa: np.uint64, power: int) -> tuple[float, bool]:
    """``mantissa * 10**power``, correctly rounded, and whether it is finite (0 if not)."""
    if mantissa <= np.uint64(9007199254740992) and -22 <= power <= 22:
        if power < 0:
            return np.float64(mantissa) / _EXACT_POWERS[-power], True
        return np.float64(mantissa) * _EXACT_POWERS[power], True
    if mantissa == np.uint64(0) or power < LOWEST_POWER:
        return 0.0, True
    if power > HIGHEST_POWER:
        return 0.0, False
    return _eisel_lemire(mantissa, power)


@leaf_kernel
def number(buffer: NDArray[np.uint8], start: int, end: int) -> tuple[int, float]:
    """The JSON number at ``start``: its end, and its value; (-1, 0) if this kernel cannot decide.

    The grammar is that of JSON (no leading zeros, no bare point). Left to the caller: more than 19
    significant digits, more than four digits of exponent, and values above the largest double.
    """
    at = start
    negative = at < end and buffer[at] == 45
    if negative:
        at += 1
    mantissa = np.uint64(0)
    first = at
    while at < end and np.uint8(buffer[at] - np.uint8(48)) < 10:
        mantissa = np.uint64(mantissa * np.uint64(10) + np.uint64(buffer[at] - 48))
        at += 1
    digits = at - first
    if digits == 0 or (digits > 1 and buffer[first] == 48):
        return -1, 0.0
    power = 0
    whole = True
    if at < end and buffer[at] == 46:
        whole = False
        at += 1
        point = at
        while at < end and np.uint8(buffer[at] - np.uint8(48)) < 10:
            mantissa = np.uint64(mantissa * np.uint64(10) + np.uint64(buffer[at] - 48))
            at += 1
        power = point - at
        if power == 0:
            return -1, 0.0
        digits -= power
        if digits > _MAX_DIGITS and buffer[first] == 48:
            digits -= 1
            while point < at and buffer[point] == 48:
                point += 1
                digits -= 1
    if digits > _MAX_DIGITS:
        return -1, 0.0
    if at < end and (buffer[at] | 32) == 101:
        whole = False
        at, written = _exponent(buffer, at + 1, end)
        if at < 0:
            return -1, 0.0
        power += written
    value, finite = scaled(mantissa, power)
    if not finite:
        return -1, 0.0
    if negative and not (whole and mantissa == np.uint64(0)):
        value = -value
    return at, value


@leaf_kernel
def _exponent(buffer: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The exponent after ``e``: its end, and its value; (-1, 0) if malformed or of over 4 digits."""
    negative = at < end and buffer[at] == 45
    if at < end and (buffer[at] == 43 or buffer[at] == 45):
        at += 1
    first = at
    power = 0
    while at < end and np.uint8(buffer[at] - np.uint8(48)) < 10 and at - first < 5:
        power = power * 10 + int(buffer[at]) - 48
        at += 1
    if at == first or at - first == 5:
        return -1, 0
    return at, -power if negative else power
