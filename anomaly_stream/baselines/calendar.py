"""Civil time for kernels: time zones as tables of transitions, special days as sorted day numbers.

A time zone is compiled to the UTC instants at which its offset changes, from 1970 to 2100, and the offset
that applies from each instant on. So one binary search gives the local time. The hour that is repeated in
autumn has the same local times twice, and both belong to the same profile slots. The hour that is skipped in
spring leaves its slots unchanged.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.registry.civil import load_zone

DAY = 86400.0
WEEK = 604800.0
_LATEST = 4102444800
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""


class Calendar(NamedTuple):
    """The time zones and special days of a plan, in flat arrays."""

    zones: NDArray[np.int64]
    """Zone i has the transitions ``zones[i]`` to ``zones[i + 1] - 1``."""
    instants: NDArray[np.float64]
    """UTC seconds of the transitions; the first transition of each zone is minus infinity."""
    offsets: NDArray[np.float64]
    """Seconds to add to UTC from that instant."""
    special: NDArray[np.int64]
    """Local day numbers (days since 1970-01-01), sorted within the range of each config."""


@lru_cache(maxsize=64)
def transitions(zone: str) -> tuple[tuple[float, float], ...]:
    """(UTC instant, offset from that instant) of a zone from 1970 to 2100. Raises ``KeyError`` if unknown.

    Compares the offset at the end of each day with the one before, and bisects the days on which they differ:
    no zone changes twice in a day.
    """
    info = load_zone(zone)

    def offset(instant: int) -> float:
        ahead = datetime.fromtimestamp(instant, UTC).astimezone(info).utcoffset()
        return ahead.total_seconds() if ahead is not None else 0.0

    found = [(-np.inf, offset(0))]
    for day in range(0, _LATEST, int(DAY)):
        low, high = day, day + int(DAY)
        after = offset(high)
        if after == found[-1][1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset(middle) == after else (middle, high)
        found.append((float(high), after))
    return tuple(found)


def compile_calendar(zones: Sequence[str], special: Sequence[int]) -> Calendar:
    """The calendar of ``zones``, numbered in this order, with the special days of all configs."""
    tables = [transitions(zone) for zone in zones]
    starts = np.cumsum([0, *(len(table) for table in tables)], dtype=np.int64)
    flat = [entry for table in tables for entry in table]
    return Calendar(
        starts,
        np.array([instant for instant, _ in flat], np.float64),
        np.array([ahead for _, ahead in flat], np.float64),
        np.array(special, np.int64),
    )


@kernel
def local_time(calendar: Calendar, zone: int, time: float) -> float:
    """Local time in the zone at a UTC time, as seconds since 1970-01-01 00:00 local time."""
    low = calendar.zones[zone]
    high = calendar.zones[zone + 1]
    while high - low > 1:
        middle = (low + high) // 2
        if calendar.instants[middle] <= time:
            low = middle
        else:
            high = middle
    return float(time + calendar.offsets[low])


@kernel
def day_of(local: float) -> int:
    """Number of the day: days since 1970-01-01."""
    return floor(local / DAY)


@kernel
def week_of(local: float) -> int:
    """Number of the week; weeks begin on Monday."""
    return floor((local + _EPOCH_WEEKDAY * DAY) / WEEK)


@kernel
def second_of_day(local: float) -> float:
    """Seconds since midnight, below 86400."""
    return float(local - DAY * floor(local / DAY))


@kernel
def second_of_week(local: float) -> float:
    """Seconds since Monday 00:00, below 604800."""
    return float(local + _EPOCH_WEEKDAY * DAY - WEEK * week_of(local))


@kernel
def is_special(calendar: Calendar, begin: int, end: int, day: int) -> bool:
    """Whether ``day`` is one of the special days ``begin`` to ``end - 1``."""
    while begin < end:
        middle = (begin + end) // 2
        if calendar.special[middle] == day:
            return True
        if calendar.special[middle] < day:
            begin = middle + 1
        else:
            end = middle
    return False
