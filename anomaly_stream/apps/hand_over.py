"""Hands baselines over to workers while their series send values: none is lost or learned twice.

A row takes its newest baseline just before its first value that is later than the baseline's end, and
discards what it learned itself since then. So every value that comes before the worker has the baseline must
be in it. A worker has it within ``APPLIED_S``: a series that sends a value within that time gets another
baseline at once, with the value, and one that is silent for that time has been handed over. What it sends
afterwards the row learns itself.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from anomaly_stream.model import Series

APPLIED_S = 1.0
"""Workers have a baseline within this time after it was published."""
ROUNDS = 5
"""The most baselines that are published for one series."""
_PAUSE_S = 0.05


class HandOver(NamedTuple):
    """What became of the series."""

    published: dict[Series, float]
    """The series that have a baseline, each with the time of its last value."""
    missed: set[Series]
    """Those that sent a value within ``APPLIED_S`` of each of their baselines."""


def hand_over(
    read: Callable[[], Mapping[Series, float]],
    publish: Callable[[Collection[Series]], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> HandOver:
    """Publish baselines until each series has been silent while a worker applies its newest one.

    Args:
        read: learns what has come up to now, and returns the time of the last value of each series.
        publish: publishes the baselines of these series, with all that was learned.
        clock: the time in seconds.
        sleep: waits for so many seconds.
    """
    found = HandOver({}, set())
    rounds: dict[Series, int] = {}
    waiting: dict[Series, float] = {}
    """The series whose newest baseline a worker may not have, each with the time when it has it."""
    due = dict(read())
    while due or waiting:
        if due:
            publish(due)
            found.published.update(due)
            applied = clock() + APPLIED_S
            for one in due:
                rounds[one] = rounds.get(one, 0) + 1
                waiting[one] = applied
        sleep(_PAUSE_S)
        now = clock()
        ends = read()
        due = {
            one: end
            for one, end in ends.items()
            if one not in found.published or (one in waiting and end != found.published[one])
        }
        spent = {one for one in due if rounds.get(one) == ROUNDS}
        found.missed.update(spent)
        due = {one: end for one, end in due.items() if one not in spent}
        waiting = {
            one: applied
            for one, applied in waiting.items()
            if one in due or (one not in spent and applied > now)
        }
    return found
