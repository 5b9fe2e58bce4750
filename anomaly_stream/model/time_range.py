"""Ranges of event time."""

import math
from typing import NamedTuple


class TimeRange(NamedTuple):
    """The times from ``begin`` to ``end``, both included, in seconds since the epoch."""

    begin: float = -math.inf
    end: float = math.inf


def range_of(begin: float | None, end: float | None) -> TimeRange:
    """The range with these ends; None: there is none."""
    return TimeRange(-math.inf if begin is None else begin, math.inf if end is None else end)
