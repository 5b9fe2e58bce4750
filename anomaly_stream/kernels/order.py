"""Order statistics of the sorted run ``values[start : start + count]``, most of them in O(log n)."""

import numpy as np

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.memory import move_run


@kernel
def count_below(values: Floats, start: int, count: int, x: float) -> int:
    """How many values of the run are less than ``x``."""
    low = start
    left = count
    while left > 0:
        half = left >> 1
        if values[low + half] < x:
            low += half + 1
            left -= half + 1
        else:
            left = half
    return low - start


@kernel
def count_up_to(values: Floats, start: int, count: int, x: float) -> int:
    """How many values of the run are at most ``x``."""
    low = start
    left = count
    while left > 0:
        half = left >> 1
        if values[low + half] <= x:
            low += half + 1
            left -= half + 1
        else:
            left = half
    return low - start


@kernel
def insert(values: Floats, start: int, count: int, x: float) -> None:
    """Insert ``x`` in order; there must be a place after the run."""
    place = start + count_up_to(values, start, count, x)
    move_run(values, place, place + 1, start + count - place)
    values[place] = x


@kernel
def replace(values: Floats, start: int, count: int, old: int, x: float) -> None:
    """Insert ``x`` in order and remove value number ``old``, with one move of the values between them."""
    place = count_up_to(values, start, count, x)
    if place <= old:
        move_run(values, start + place, start + place + 1, old - place)
        values[start + place] = x
    else:
        move_run(values, start + old + 1, start + old, place - old - 1)
        values[start + place - 1] = x


@kernel
def sort(values: Floats, start: int, count: int) -> None:
    """Sort the run in place: Shellsort with the gaps 1, 4, 13, ... (Knuth, TAOCP 3, 5.2.1)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(start + gap, start + count):
            x = values[i]
            j = i
            while j >= start + gap and values[j - gap] > x:
                values[j] = values[j - gap]
                j -= gap
            values[j] = x
        gap //= 3


@kernel
def quantile(values: Floats, start: int, count: int, q: float) -> float:
    """The same quantile as numpy's ``linear`` method, bit for bit; ``count`` is at least 1."""
    position = q * (count - 1)
    below = int(position)
    part = position - below
    low = values[start + below]
    if below + 1 >= count:
        return float(low)
    high = values[start + below + 1]
    if part < 0.5:
        return float(low + (high - low) * part)
    return float(high - (high - low) * (1.0 - part))


@kernel
def median(values: Floats, start: int, count: int) -> float:
    """The median; the mean of the two middle values if ``count`` is even."""
    middle = start + count // 2
    if count % 2 == 1:
        return float(values[middle])
    return float((values[middle - 1] + values[middle]) / 2.0)


@kernel
def median_deviation(values: Floats, start: int, count: int, centre: float) -> float:
    """Median of ``abs(values - centre)``; ``centre`` must be between the first and the last value.

    The k values nearest to the centre are adjacent in the sorted run, so a binary search for the first of
    them finds the median in O(log n).
    """
    k = (count + 1) // 2
    low = 0
    high = count - k
    while low < high:
        middle = (low + high) >> 1
        if centre - values[start + middle] > values[start + middle + k] - centre:
            low = middle + 1
        else:
            high = middle
    kth = max(centre - values[start + low], values[start + low + k - 1] - centre)
    if count % 2 == 1:
        return float(kth)
    following = np.inf
    if low > 0:
        following = centre - values[start + low - 1]
    if low + k < count:
        following = min(following, values[start + low + k] - centre)
    return float((kth + following) / 2.0)
