"""Grouping a batch by series."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel


@kernel
def grouped_order(series: NDArray[np.int64], series_count: int) -> NDArray[np.int64]:
    """The stable order of ``series`` by number: ``numpy.argsort(series, kind="stable")`` in linear time.

    A counting sort (Knuth, TAOCP 3, 5.2); numbers are 0 to ``series_count - 1``.
    """
    next_place = np.zeros(series_count + 1, np.int64)
    for number in series:
        next_place[number + 1] += 1
    for number in range(series_count):
        next_place[number + 1] += next_place[number]
    order = np.empty(len(series), np.int64)
    for position in range(len(series)):
        number = series[position]
        order[next_place[number]] = position
        next_place[number] += 1
    return order
