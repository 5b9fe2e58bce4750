"""Ends of JSON tokens: whitespace, strings, flat objects, scalars."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.decimal import number
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.machine import load_word, trailing_zeros

_QUOTE, _BACKSLASH = 34, 92
_OPEN_BRACE, _CLOSE_BRACE, _OPEN_BRACKET, _CLOSE_BRACKET = 123, 125, 91, 93
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)


@leaf_kernel
def blank_end(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """The first position from ``at`` that is not JSON whitespace."""
    while at < end and (buffer[at] == 32 or buffer[at] == 9 or buffer[at] == 10 or buffer[at] == 13):
        at += 1
    return at


@leaf_kernel
def _zero_bytes(word: np.uint64) -> np.uint64:
    """The high bit of each zero byte; bits above the lowest one can be wrong."""
    return np.uint64(np.uint64(word - _ONES) & ~word & _HIGHS)


@leaf_kernel
def string_end(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """The position after the closing quote of the string at ``at``; -1 if there is none."""
    if buffer[at] != _QUOTE:
        return -1
    at += 1
    while at < end:
        if at + 8 <= end:
            word = load_word(buffer, at)
            found = _zero_bytes(word ^ _QUOTES) | _zero_bytes(word ^ _BACKSLASHES)
            if found == np.uint64(0):
                at += 8
                continue
            at += int(np.int64(trailing_zeros(found) >> np.uint64(3)))
        if buffer[at] == _QUOTE:
            return at + 1
        at += 2 if buffer[at] == _BACKSLASH else 1
    return -1


@leaf_kernel
def labels_end(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """The position after the first closing brace outside of strings, from the brace at ``at``; -1: none.

    The parser of the span decides whether it is an object. A nested object is cut short here, and no parser
    accepts that.
    """
    if buffer[at] != _OPEN_BRACE:
        return -1
    at += 1
    while at < end:
        if buffer[at] == _QUOTE:
            at = string_end(buffer, at, end)
            if at < 0:
                return -1
        elif buffer[at] == _CLOSE_BRACE:
            return at + 1
        else:
            at += 1
    return -1


@leaf_kernel
def plain_end(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """The position after the closing quote of a printable ASCII string without escapes; -1 for any other."""
    at += 1
    while at < end:
        byte = buffer[at]
        if byte == _QUOTE:
            return at + 1
        if byte < 32 or byte > 126 or byte == _BACKSLASH:
            return -1
        at += 1
    return -1


@leaf_kernel
def scalar_end(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """The position after a plain string, number, ``true``, ``false`` or ``null``; -1 for anything else."""
    first = buffer[at]
    if first == _QUOTE:
        return plain_end(buffer, at, end)
    if first == 116 and at + 4 <= end:
        word = buffer[at + 1] == 114 and buffer[at + 2] == 117 and buffer[at + 3] == 101
        return at + 4 if word else -1
    if first == 110 and at + 4 <= end:
        word = buffer[at + 1] == 117 and buffer[at + 2] == 108 and buffer[at + 3] == 108
        return at + 4 if word else -1
    if first == 102 and at + 5 <= end:
        word = (
            buffer[at + 1] == 97 and buffer[at + 2] == 108 and buffer[at + 3] == 115 and buffer[at + 4] == 101
        )
        return at + 5 if word else -1
    stop, _ = number(buffer, at, end)
    return stop


@leaf_kernel
def deepest_nesting(buffer: NDArray[np.uint8]) -> int:
    """Maximum nesting depth of brackets and braces outside of strings."""
    depth = deepest = at = 0
    while at < len(buffer):
        byte = buffer[at]
        if byte == _QUOTE:
            at = string_end(buffer, at, len(buffer))
            if at < 0:
                return deepest
            continue
        if byte in (_OPEN_BRACE, _OPEN_BRACKET):
            depth += 1
            deepest = max(deepest, depth)
        elif byte in (_CLOSE_BRACE, _CLOSE_BRACKET):
            depth -= 1
        at += 1
    return deepest
