"""The clock of each metrics topic in a partition: the event time up to which its series have come.

It moves in ticks of ``TICK_S``. An observation moves it by itself if its series continues its own cadence
from a time that the clock has not reached: the step is at most ``USUAL_STEPS`` usual ones. Any other one,
such as the first after a gap, moves it only if more series have come as far than are awake and still behind;
then the clock has *leapt*. It leaps as well once those ahead have gone on for so long that the others would
have moved it if they were awake. So a series with a wrong clock does not make the others look silent. The
clock time of an observation is its event time, or the Kafka timestamp of its record if that is earlier.

Of a series with several rows, the one of the first config counts, so that a further config on the same series
changes nothing. Where nothing arrives, a heartbeat moves the clock (``stream.heartbeats``). It is part of the
state.
"""

import math
from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.cadence import FAR
from anomaly_stream.kernels.arrays import Floats

TICK_S = 10.0
"""Seconds of event time from one check for silent series to the next."""
USUAL_STEPS = 2.0
AWAKE_STEPS = 5.0
"""A series counts as awake up to this many usual steps after its last value, unless it has an alert for its
silence."""


class SourceClock(NamedTuple):
    """How far the clock of a source has come."""

    time: float
    """The last tick that it has passed."""
    leapt: float
    """The tick to which it last leapt."""
    waits: float | None = None
    """The lowest time that those ahead of it had reached when they were first refused; None: none was."""


class SourceClocks:
    """The clocks of one bank's metrics topics, by number of the source.

    Args:
        bank: holds the rows.
        sources: the number of metrics topics; further sources of the bank have no clock.
    """

    def __init__(self, bank: Bank, sources: int) -> None:
        self._bank = bank
        self.times: Floats = np.full(sources, -np.inf)
        self.leapt: Floats = np.full(sources, -np.inf)
        self.waits: Floats = np.full(sources, np.inf)

    def due(self, source: int) -> float:
        """The next tick of a clock; -inf if it has not begun."""
        return float(self.times[source]) + TICK_S

    def advance(self, source: int, series: int, time: float, clock_time: float) -> bool:
        """Move the clock of ``source`` with an observation, before its row takes it; whether it moved."""
        due = self.due(source)
        if clock_time < due:
            return False
        for row in self._bank.state.rows[self._bank.rows_of(series)[:1]]:
            last, usual = float(row["last_time"]), float(row["step"])
            if not 0.0 < time - last <= FAR * usual:
                continue
            if last < due and time - last <= USUAL_STEPS * usual:
                self.move(source, clock_time)
                return True
            reached = self._reached_by_most(source, series, due, clock_time)
            if reached > -math.inf:
                self.move(source, reached)
                self.leapt[source] = self.times[source]
                return True
        return False

    def move(self, source: int, time: float) -> None:
        """Move a clock to the last tick up to ``time``."""
        self.times[source] = math.floor(time / TICK_S) * TICK_S
        self.waits[source] = math.inf

    def _reached_by_most(self, source: int, series: int, due: float, clock_time: float) -> float:
        """The time that more series have reached than are awake and behind ``due``; -inf: there is none.

        The observation at ``clock_time`` counts for its series.
        """
        state, count = self._bank.state, self._bank.row_count
        rows = state.rows[:count]
        is_first = state.first_row[rows["series"]] == np.arange(count)
        others = is_first & (rows["config"] >= 0) & (rows["series"] != series) & (rows["step"] > 0)
        rows = rows[others & (state.included[:count, source] >= 0)]
        last = rows["last_time"]
        patience = np.maximum(TICK_S, AWAKE_STEPS * rows["step"].astype(np.float64))
        is_awake = (last >= self.times[source] - patience) & (rows["no_data_since"] == -np.inf)
        behind = (last < due) & is_awake
        if not behind.any():
            return clock_time
        ahead = last >= due
        lowest = min(clock_time, float(last[ahead].min(initial=math.inf)))
        if 1 + ahead.sum() > behind.sum():
            return lowest
        self.waits[source] = min(lowest, self.waits[source])
        return lowest if lowest - self.waits[source] > patience[behind].max() else -math.inf
