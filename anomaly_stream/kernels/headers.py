"""Record headers: finds the header ``learn``."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

_MOST_VARINT_BYTES = 5


@kernel
def _varint(buffer: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """A zigzag varint: its value and its end; (-1, -1) if it does not end within five bytes."""
    raw = 0
    for i in range(_MOST_VARINT_BYTES):
        if at + i >= len(buffer):
            break
        byte = int(buffer[at + i])
        raw |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return (raw >> 1) ^ -(raw & 1), at + i + 1
    return -1, -1


@kernel
def _is_learn(buffer: NDArray[np.uint8], at: int, length: int) -> bool:
    return (
        length == 5
        and buffer[at] == 108
        and buffer[at + 1] == 101
        and buffer[at + 2] == 97
        and buffer[at + 3] == 114
        and buffer[at + 4] == 110
    )


@kernel
def _is_true(buffer: NDArray[np.uint8], at: int, length: int) -> bool:
    if length == 1:
        return bool(buffer[at] == 49)
    return (
        length == 4
        and buffer[at] == 116
        and buffer[at + 1] == 114
        and buffer[at + 2] == 117
        and buffer[at + 3] == 101
    )


@kernel
def learn_headers(
    buffer: NDArray[np.uint8], header_start: NDArray[np.int64], header_count: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """For each record, whether its last header named ``learn`` is ``true`` or ``1``."""
    learn = np.zeros(len(header_start), np.bool_)
    for row in range(len(header_start)):
        at = header_start[row]
        for _ in range(header_count[row]):
            length, name = _varint(buffer, at)
            if name < 0 or length < 0 or name + length > len(buffer):
                break
            size, value = _varint(buffer, name + length)
            size = max(size, 0)
            if value < 0 or value + size > len(buffer):
                break
            if _is_learn(buffer, name, length):
                learn[row] = _is_true(buffer, value, size)
            at = value + size
    return learn
