"""The components of the kinds of the suite: clocks, seasons, noise, and positions of events."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.series import LabelledSeries
from benchmarks.quality.windows import probation

Values = NDArray[np.float64]

DAY, WEEK = 86_400.0, 7 * 86_400.0
MINUTE, FIVE_MINUTES, HOUR = 60.0, 300.0, 3600.0
MONDAY = 1_704_067_200.0
"""2024-01-01, 00:00 UTC."""

_WINDOW_SHARE = 0.10
_WINDOW_LEAD = 0.15


@dataclass(slots=True)
class Draft:
    """A series under construction: ``events`` has the first and the last row of each event."""

    times: Values
    values: Values
    events: list[tuple[int, int]] = field(default_factory=list)


Maker = Callable[[np.random.Generator], Draft]
KINDS: dict[str, Maker] = {}


def kind(make: Maker) -> Maker:
    """Register a kind under its function's name."""
    KINDS[make.__name__] = make
    return make


def series_of(name: str, seed: int) -> LabelledSeries:
    """The series of one kind and seed. It is the same on every machine and in every run."""
    draft = KINDS[name](np.random.default_rng([zlib.crc32(name.encode()), seed]))
    return LabelledSeries(f"{name}/{seed}", draft.times, draft.values, _windows(draft))


def _windows(draft: Draft) -> NDArray[np.int64]:
    """A window for each event, as in NAB: together at least 10% of the rows, mostly after the start.

    Windows overlap neither the probation nor each other.
    """
    rows, windows = len(draft.times), []
    free = probation(rows)
    for number, (first, last) in enumerate(draft.events):
        width = max(round(_WINDOW_SHARE * rows / len(draft.events)), round(1.2 * (last - first + 1)))
        start = max(first - round(_WINDOW_LEAD * width), free)
        following = draft.events[number + 1][0] if number + 1 < len(draft.events) else rows
        end = min(start + width, following, rows) - 1
        windows.append((start, end))
        free = end + 1
    return np.array(windows, np.int64).reshape(-1, 2)


def clock(rows: int, step: float, start: float = MONDAY) -> Values:
    """Regular timestamps."""
    return start + step * np.arange(rows, dtype=np.float64)


def hour(times: Values) -> Values:
    """Hour of the day, UTC, 0 to 24."""
    return times % DAY / HOUR


def weekday(times: Values) -> NDArray[np.int64]:
    """0 is Monday."""
    return ((times // DAY + 3) % 7).astype(np.int64)


def bump(times: Values, centre: float, width: float) -> Values:
    """A bell once a day: 1 at hour ``centre``, ``width`` hours wide (standard deviation)."""
    away = (hour(times) - centre + 12) % 24 - 12
    bell: Values = np.exp(-0.5 * (away / width) ** 2)
    return bell


def wave(times: Values, period: float = DAY, phase: float = 0.0) -> Values:
    """A sine."""
    return np.sin(2 * np.pi * (times / period + phase))


def office(times: Values) -> Values:
    """A working day's load: 0 at night, 1 from ten to four; a tenth of it on Saturdays and Sundays."""
    day = np.clip(np.minimum(hour(times) - 7, 19 - hour(times)) / 3, 0, 1)
    return day * np.where(weekday(times) < 5, 1.0, 0.1)


def white(rng: np.random.Generator, rows: int, deviation: float = 1.0) -> Values:
    """Gaussian noise."""
    return deviation * rng.standard_normal(rows)


def red(rng: np.random.Generator, rows: int, memory: float, deviation: float = 1.0) -> Values:
    """Autocorrelated noise: an AR(1) process with coefficient ``memory`` and this standard deviation."""
    level, path = float(rng.standard_normal()), []
    scale = (1 - memory * memory) ** 0.5
    for shock in rng.standard_normal(rows).tolist():
        level = memory * level + scale * shock
        path.append(level)
    return deviation * np.array(path)


def walk(rng: np.random.Generator, rows: int, deviation: float = 1.0) -> Values:
    """A random walk."""
    return np.cumsum(white(rng, rows, deviation))


def places(
    rng: np.random.Generator, rows: int, count: int, earliest: float = 0.35, latest: float = 0.9
) -> list[int]:
    """``count`` rows in order, far apart from each other, between two fractions of the length."""
    slot = (latest - earliest) / count
    return [int(rows * (earliest + slot * (number + 0.6 * rng.random()))) for number in range(count)]


def days(
    rng: np.random.Generator,
    times: Values,
    count: int,
    allowed: Sequence[int] = range(7),
    earliest: float = 0.4,
) -> list[float]:
    """Midnights of ``count`` days in order, far apart from each other, on the weekdays ``allowed``."""
    chosen: list[float] = []
    for place in places(rng, len(times), count, earliest, 0.88):
        midnight = times[place] // DAY * DAY
        while int((midnight // DAY + 3) % 7) not in allowed:
            midnight += DAY
        chosen.append(float(midnight))
    return chosen


def rows_between(times: Values, start: float, end: float) -> slice:
    """The rows with start <= time < end."""
    return slice(int(np.searchsorted(times, start)), int(np.searchsorted(times, end)))


def extent(rows: slice) -> tuple[int, int]:
    """First and last row of a slice, as an event."""
    return int(rows.start), int(rows.stop) - 1
