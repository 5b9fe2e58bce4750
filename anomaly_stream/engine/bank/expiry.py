"""When rows of idle series leave the bank.

Each config has a clock in each partition. An observation moves it by itself if it continues the cadence of
its own series, whose clock has not jumped (``scoring.clock``), from a time before the one at which the
config is due. Other observations move the clock only as far as ``AGREEING`` other series have come, and
with its own at least as many series as are awake and still before that time. So a minority of series with
wrong clocks does not expire the others, and series that send one or two values each, such as jobs, expire
too. The clock time of an observation is its event time, or the Kafka timestamp of its record if that is
earlier.

The config is due whenever its clock passes a multiple of ``series_ttl / 8``. Then all of its rows expire
whose last observation is more than ``series_ttl``, and more than twice their own usual step, older than that
multiple, and which no record has reached since the config was last due. So a row expires once it has been
idle for 1 to 9/8 of ``series_ttl``, just before the next observation under its config: a function of the
input alone. A series that still sends does not expire, however wrong the clock of its config is, nor where
all series paused for longer than ``series_ttl`` and one of them is the first to come back.

The clock is part of the state, because how far it has come does not follow from the rows that are left.
Without observations under a config, none of its rows expire.

An alert that is open in an expired row is resolved, because nothing else could resolve it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.expired_alerts import ExpiredAlert
from anomaly_stream.alerts.lifecycle import OPEN, episode_of
from anomaly_stream.alerts.no_data_alerts import NO_DATA_SCORE, NO_DATA_SEVERITY
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.cadence import AGREEING, ages_others, is_new
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.arrays import Bools, Floats, Integers
from anomaly_stream.kernels.order import median
from anomaly_stream.model.alerts import Episode

_CHECKS_PER_TTL = 8
_VALUES_WITHOUT_STEP = 2
"""The first two values of a series come before its step is known. The third may continue the clock from the
first."""
USUAL_STEPS = 2.0
"""A series is not idle before this many of its usual steps."""


class Clock(NamedTuple):
    """How far the clock of a config has come."""

    time: float
    """The last multiple of ``series_ttl / 8`` that it has passed."""
    offsets: tuple[int, ...]
    """By source topic, the last offset when it did."""


class IdleExpiry:
    """The clocks of one bank's configs."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._expired: list[ExpiredAlert] = []
        self._bind(bank.plan, {})

    @property
    def clocks(self) -> dict[str, Clock]:
        """By id of a config, its clock; none where it has not begun."""
        ids = (config.id for config in self._plan.configs)
        columns = zip(ids, self._clock.tolist(), self._offsets.tolist(), strict=True)
        return {name: Clock(time, tuple(offsets)) for name, time, offsets in columns if time > -np.inf}

    @clocks.setter
    def clocks(self, clocks: Mapping[str, Clock]) -> None:
        self._bind(self._plan, clocks)

    def change_plan(self, plan: Plan) -> None:
        """Continue under another plan. Configs that stay keep their clocks."""
        self._bind(plan, self.clocks)

    def due_times(self, clock_time: Floats) -> Floats:
        """By config, the clock time at which it is due; empty if none is due within ``clock_time``."""
        if len(clock_time) == 0 or len(self._due) == 0 or clock_time.max() < self._due.min():
            return self._due[:0]
        return self._due

    def advance(
        self, series: int, time: float, clock_time: float, observation: int, source: int, offset: int
    ) -> int:
        """Advance the clocks of a series' configs to ``clock_time``; returns how many rows expired.

        The observation is number ``observation`` of its batch, with this offset of its source topic.
        """
        expired = 0
        for row in self._bank.state.rows[self._bank.rows_of(series)]:
            config = int(row["config"])
            if clock_time < self._due[config]:
                continue
            reached = self._reached(row, time, clock_time)
            if reached >= self._due[config] and reached > -np.inf:
                expired += self._expire(config, self._set_clock(config, reached), observation)
                self._offsets[config] = self._bank.state.included[: self._bank.row_count].max(
                    axis=0, initial=-1
                )
                self._offsets[config, source] = offset
        return expired

    def _reached(self, row: np.void, time: float, clock_time: float) -> float:
        """The time to which an observation moves the clock of its row's config; -inf: not at all."""
        config = int(row["config"])
        if is_new(row):
            return min(clock_time, self._reached_by_others(row))
        if not ages_others(row, time):
            return -math.inf
        is_third = row["agreed"] == _VALUES_WITHOUT_STEP
        start = row["clock_start"] if is_third else row["last_time"]
        if start < self._due[config] or self._clock[config] == -math.inf:
            return clock_time
        interval = self._interval(config)
        if is_third or time // interval > row["last_time"] // interval:  # a pass over all rows
            return min(clock_time, self._reached_by_others(row))
        return -math.inf

    def _reached_by_others(self, row: np.void) -> float:
        """The latest time that enough other series of the row's config have reached; inf: none is needed."""
        config = int(row["config"])
        rows = self._bank.state.rows[: self._bank.row_count]
        others = rows[(rows["config"] == config) & (rows["series"] != row["series"])]
        last = others["last_time"]
        patience = np.maximum(self._interval(config), USUAL_STEPS * others["step"])
        awake = (last < self._due[config]) & (last >= self._clock[config] - patience) & (last > -np.inf)
        behind = int(awake.sum())
        if behind == 0 and not is_new(row):
            return math.inf
        needed = max(AGREEING, behind - 1)  # and the row itself
        return float(np.partition(last, -needed)[-needed]) if len(last) >= needed else -math.inf

    def take_expired_alerts(self) -> Sequence[ExpiredAlert]:
        """The open alerts of rows that expired since the last call."""
        expired, self._expired = self._expired, []
        return expired

    def _bind(self, plan: Plan, clocks: Mapping[str, Clock]) -> None:
        self._plan = plan
        ttls = np.array([config.series_ttl_s for config in plan.configs], np.float64)
        self._due: Floats = np.where(ttls > 0, -np.inf, np.inf)
        self._clock: Floats = np.full(len(ttls), -np.inf)
        self._offsets: Integers = np.full((len(ttls), self._bank.sources), -1, np.int64)
        for number, config in enumerate(plan.configs):
            if config.id in clocks and config.series_ttl_s > 0:
                self._set_clock(number, clocks[config.id].time)
                self._offsets[number] = clocks[config.id].offsets

    def _set_clock(self, config: int, clock_time: float) -> float:
        """Set when the config is due next; returns the multiple that its clock has passed."""
        interval = self._interval(config)
        number = math.floor(clock_time / interval)
        while (number + 1) * interval <= clock_time:
            number += 1
        self._due[config] = (number + 1) * interval
        self._clock[config] = number * interval
        return number * interval

    def _interval(self, config: int) -> float:
        """Seconds from one time at which the config is due to the next."""
        return self._plan.configs[config].series_ttl_s / _CHECKS_PER_TTL

    def _expire(self, config: int, now: float, observation: int) -> int:
        bank, ttl = self._bank, self._plan.configs[config].series_ttl_s
        rows = bank.state.rows[: bank.row_count]
        last = rows["last_time"]
        patience = np.maximum(ttl, USUAL_STEPS * rows["step"])
        silent: Bools = (bank.state.included[: bank.row_count] <= self._offsets[config]).all(axis=1)
        old = (last < now - patience) & (last > -np.inf)
        idle = np.flatnonzero((rows["config"] == config) & silent & old)
        if len(idle) == 0:
            return 0
        for row in idle[bank.state.alerts["phase"][idle] >= OPEN].tolist():
            self._expired.append(self._expired_alert(row, config, now, observation))
        for row in idle[rows["no_data_since"][idle] > -np.inf].tolist():
            self._expired.append(self._expired_no_data(row, config, now, observation))
        bank.expire_rows(idle)
        return len(idle)

    def _expired_alert(self, number: int, config: int, now: float, observation: int) -> ExpiredAlert:
        bank = self._bank
        row, alert = bank.state.rows[number], bank.state.alerts[number]
        episode = episode_of(alert)
        count = int(row["count"])
        return ExpiredAlert(
            config=config,
            series=bank.series[int(row["series"])],
            observation=observation,
            time=now,
            idle_s=now - float(row["last_time"]),
            expected=median(bank.pool.sorted, int(row["start"]), count) if count else episode.peak_value,
            severity=int(alert["severity"]),
            sequence=int(alert["sequence"]) + 1,
            episode=episode,
        )

    def _expired_no_data(self, number: int, config: int, now: float, observation: int) -> ExpiredAlert:
        row = self._bank.state.rows[number]
        since = float(row["no_data_since"])
        return ExpiredAlert(
            config=config,
            series=self._bank.series[int(row["series"])],
            observation=observation,
            time=now,
            idle_s=now - float(row["last_time"]),
            expected=float(row["step"]),
            severity=NO_DATA_SEVERITY,
            sequence=int(row["no_data_events"]) + 1,
            episode=Episode(since, now, NO_DATA_SCORE, now - since, 1),
            condition="no_data",
        )
