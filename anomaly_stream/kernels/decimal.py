"""Decimal spellings to doubles, correctly rounded: the same bits as Python's ``float``.

Clinger's fast path (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990) takes
mantissas up to 2^53 with powers up to 10^22; Eisel-Lemire (D. Lemire, Number parsing at a gigabyte per
second, Software: Practice and Experience 51, 2021) takes nearly all others; what it cannot decide is
left to the caller.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.machine import high_product, leading_zeros

LOWEST_POWER = -348
HIGHEST_POWER = 347

_EXACT_POWERS = np.array([float(10**power) for power in range(23)])
_MAX_DIGITS = 19
"""19 digits always fit into a uint64."""


def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Upper and lower words of 10^q as 128-bit mantissas, highest bit set, rounded down."""
    upper, lower = [], []
    for power in range(LOWEST_POWER, HIGHEST_POWER + 1):
        if power >= 0:
            whole = 10**power
            shift = whole.bit_length() - 128
            mantissa = whole >> shift if shift > 0 else whole << -shift
        else:
            divisor = 10**-power
            mantissa = (1 << (divisor.bit_length() + 127)) // divisor
            mantissa >>= mantissa.bit_length() - 128
        upper.append(mantissa >> 64)
        lower.append(mantissa & (1 << 64) - 1)
    return np.array(upper, dtype=np.uint64), np.array(lower, dtype=np.uint64)


_UPPER, _LOWER = _powers()
_LOW_BITS = np.uint64(0x1FF)
_FRACTION = np.uint64((1 << 52) - 1)


@leaf_kernel
def _eisel_lemire(mantissa: np.uint64, power: int) -> tuple[float, bool]:
    """``mantissa * 10**power`` (mantissa > 0), and whether it could be decided; normal doubles only."""
    zeros = leading_zeros(mantissa)
    mantissa = np.uint64(mantissa << zeros)
    exponent = ((217706 * power) >> 16) + 1087 - np.int64(zeros)
    index = power - LOWEST_POWER
    high = high_product(mantissa, _UPPER[index])
    low = np.uint64(mantissa * _UPPER[index])
    if (high & _LOW_BITS) == _LOW_BITS and np.uint64(low + mantissa) < mantissa:
        more_high = high_product(mantissa, _LOWER[index])
        more_low = np.uint64(mantissa * _LOWER[index])
        merged_low = np.uint64(low + more_high)
        if merged_low < low:
            high = np.uint64(high + np.uint64(1))
        low = merged_low
        undecided = (high & _LOW_BITS) == _LOW_BITS and np.uint64(low + np.uint64(1)) == np.uint64(0)
        if undecided and np.uint64(more_low + mantissa) < mantissa:
            return 0.0, False
    top = np.uint64(high >> np.uint64(63))
    fraction = np.uint64(high >> np.uint64(top + np.uint64(9)))
    exponent -= 1 - np.int64(top)
    halfway = low == np.uint64(0) and (high & _LOW_BITS) == np.uint64(0)
    if halfway and (fraction & np.uint64(3)) == np.uint64(1):
        return 0.0, False
    fraction = np.uint64(fraction + (fraction & np.uint64(1))) >> np.uint64(1)
    if fraction >> np.uint64(53):
        fraction = fraction >> np.uint64(1)
        exponent += 1
    if exponent < 1 or exponent > 2046:
        return 0.0, False
    bits = np.uint64(np.uint64(np.uint64(exponent) << np.uint64(52)) | (fraction & _FRACTION))
    return bits.view(np.float64), True


@leaf_kernel
def scaled(mantissa: np.uint64, power: int) -> tuple[float, bool]:
    """``mantissa * 10**power`` correctly rounded, and whether it could be decided (False: ask elsewhere)."""
    if mantissa <= np.uint64(9007199254740992) and -22 <= power <= 22:
        if power < 0:
            return np.float64(mantissa) / _EXACT_POWERS[-power], True
        return np.float64(mantissa) * _EXACT_POWERS[power], True
    if mantissa == np.uint64(0):
        return 0.0, True
    if power < LOWEST_POWER or power > HIGHEST_POWER:
        return 0.0, False
    return _eisel_lemire(mantissa, power)


@leaf_kernel
def number(buffer: NDArray[np.uint8], start: int, end: int) -> tuple[int, float]:
    """The JSON number at ``start``: where it ends, and its value; (-1, 0) where this kernel cannot say.

    The grammar is JSON's own (no leading zeros, no bare point). At most 19 significant digits, and
    results that are zero or normal doubles; a longer spelling or a subnormal is left to the caller.
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
    value, decided = scaled(mantissa, power)
    if not decided:
        return -1, 0.0
    if negative and not (whole and mantissa == np.uint64(0)):
        value = -value
    return at, value


@leaf_kernel
def _exponent(buffer: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The exponent behind ``e``: where it ends and what it is; (-1, 0) if malformed or over 4 digits."""
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
