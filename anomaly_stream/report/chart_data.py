"""What the browser draws of a track: few enough points for a page, and every anomaly."""

import math
from collections.abc import Sequence

import numpy as np
import orjson
from numpy.typing import NDArray

from anomaly_stream.report.comparison import Row, anomalies_only_in
from anomaly_stream.report.labels import Window
from anomaly_stream.report.tracks import Track

_POINTS_PER_PAGE = 16_000
"""With some 50 bytes a point this is 0.8 MB, which leaves room for 20,000 anomalies below 2 MB."""
_MOST_COLUMNS, _FEWEST_COLUMNS = 700, 20
_DIGITS = 5
"""Significant digits of a number, relative to the range of the values."""


_MOST_DECIMALS = 100
_LARGEST = 1e308


def columns_per_chart(charts: int) -> int:
    """Pixel columns of each chart such that a page of ``charts`` keeps its size. A column has two points."""
    return max(_FEWEST_COLUMNS, min(_MOST_COLUMNS, _POINTS_PER_PAGE // (2 * max(1, charts))))


def shown_points(track: Track, columns: int) -> NDArray[np.intp]:
    """Indices of the points to draw: lowest and highest of each column, first, last, and all anomalies."""
    times, values = track.column("timestamp"), track.column("value")
    count = len(times)
    if count <= 2 * columns:
        return np.arange(count)
    width = (times[-1] - times[0]) / columns
    column = np.minimum(((times - times[0]) / width).astype(np.int64), columns - 1)
    order = np.lexsort((values, column))
    begins = np.flatnonzero(np.diff(column[order], prepend=-1))
    ends = np.append(begins[1:] - 1, count - 1)
    kept = np.concatenate(
        ([0, count - 1], order[begins], order[ends], np.flatnonzero(track.severity > 0)),
    )
    return np.unique(kept).astype(np.intp)


def chart_json(row: Row, side: int, windows: Sequence[Window], columns: int) -> str:
    """The data of one chart as JSON that is safe within a ``script`` element.

    ``t`` holds times as differences from the one before, the first from ``t0``; ``v``, ``e``, ``l``, ``u``,
    ``s`` value, expected, lower, upper and score; ``k`` severities (-1: learning); ``o`` the places of
    anomalies that only this side has; ``a`` spans of alerts, ``w`` labelled windows.
    """
    track = row.tracks[side]
    assert track is not None
    points = shown_points(track, columns)
    times = np.round(track.column("timestamp")[points], 3)
    decimals = _decimals(track)
    others = [other for number, other in enumerate(row.tracks) if number != side]
    only = anomalies_only_in(track, others[0])[points] if others else np.zeros(len(points), bool)
    document = {
        "t0": float(times[0]),
        "t": _plain(np.round(np.diff(times, prepend=times[0]), 3)),
        "v": _plain(np.round(track.column("value")[points], decimals)),
        "e": _plain(np.round(track.column("expected")[points], decimals)),
        "l": _plain(np.round(track.column("lower")[points], decimals)),
        "u": _plain(np.round(track.column("upper")[points], decimals)),
        "s": _plain(np.round(track.column("score")[points], 1)),
        "k": track.severity[points].tolist(),
        "o": np.flatnonzero(only).tolist(),
        "a": [[alert.start, alert.end] for alert in track.alerts],
        "w": [[window.start, window.end] for window in windows],
    }
    return orjson.dumps(document).decode().replace("<", "\\u003c")


def _decimals(track: Track) -> int:
    values = track.column("value")
    highest, lowest = float(np.nanmax(values)), float(np.nanmin(values))
    spread = min(_LARGEST, highest - lowest) or abs(highest) or 1.0
    return max(-_MOST_DECIMALS, min(_MOST_DECIMALS, _DIGITS - 1 - math.floor(math.log10(spread))))


def _plain(numbers: NDArray[np.float64]) -> list[float | int | None]:
    """Numbers as short as JSON has them: whole ones as integers, NaN as null."""
    return [
        None if number != number else int(number) if abs(number) < 2**53 and number == int(number) else number
        for number in numbers.tolist()
    ]
