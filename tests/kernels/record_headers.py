"""The headers of a record, read one by one."""

import numpy as np

from anomaly_stream.kernels.record_batch import read_span


def headers_of(buffer: np.ndarray, start: int, count: int) -> list[tuple[str, bytes | None]]:
    """The headers of one record, as Kafka clients return them; invalid UTF-8 is replaced.

    ``start`` and ``count`` are the record's `HEADER_START` and `HEADER_COUNT`: their spans have been checked.
    """
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        key_start, key_length, position = read_span(buffer, start, len(buffer))
        value_start, value_length, start = read_span(buffer, position, len(buffer))
        name = buffer[key_start : key_start + key_length].tobytes().decode("utf-8", "replace")
        value = None if value_length < 0 else buffer[value_start : value_start + value_length].tobytes()
        headers.append((name, value))
    return headers
