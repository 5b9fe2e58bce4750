"""When idle series leave the bank.

A config's clock is the newest time heard under it in the partition: an observation's event time, or the
Kafka timestamp of its record where that is earlier, so that one device whose clock runs decades ahead does
not age the others. Each time the clock comes upon the next eighth of ``series_ttl`` (a tick), the rows leave
that were last observed over ``series_ttl`` before it. So a row leaves once it has been idle for
``series_ttl`` to nine eighths of it, before the observation that is heard first after that: a function
of the input alone. While nothing arrives under a config, none of its rows leave.

An alert that is open then is resolved: there is nothing left that could.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.expired_alerts import ExpiredAlert
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.order import median
from anomaly_stream.model.alerts import Episode

_TICKS_A_TTL = 8


class IdleExpiry:
    """The clocks of one bank's configs."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._departures: list[ExpiredAlert] = []
        self._follow(bank.plan)

    def rebind(self, plan: Plan) -> None:
        """Go on under other configs; clocks go on where ``series_ttl`` stays."""
        before = {
            (config.id, config.series_ttl_s): tick
            for config, tick in zip(self._plan.configs, self._next, strict=True)
        }
        self._follow(plan)
        for number, config in enumerate(plan.configs):
            self._next[number] = before.get((config.id, config.series_ttl_s), self._next[number])

    def ticks(self, heard: NDArray[np.float64]) -> NDArray[np.float64]:
        """By config, when it is due next; empty where none is due within ``heard``."""
        if len(heard) == 0 or len(self._next) == 0 or heard.max() < self._next.min():
            return self._next[:0]
        return self._next

    def tick(self, series: int, heard: float, observation: int) -> int:
        """Let the clocks of a series' configs move on to ``heard``; returns how many rows left."""
        bank = self._bank
        left = 0
        for config in [int(bank.state.rows[row]["config"]) for row in bank.rows_of(series)]:
            if heard >= self._next[config]:
                left += self._retire(config, self._move(config, heard), observation)
        return left

    def take_departures(self) -> Sequence[ExpiredAlert]:
        """The open alerts that ended since the last call."""
        departures, self._departures = self._departures, []
        return departures

    def _follow(self, plan: Plan) -> None:
        self._plan = plan
        ttls = np.array([config.series_ttl_s for config in plan.configs], np.float64)
        self._next: NDArray[np.float64] = np.where(ttls > 0, -np.inf, np.inf)

    def _move(self, config: int, heard: float) -> float:
        """Set a clock; returns the tick that it came upon."""
        grain = self._plan.configs[config].series_ttl_s / _TICKS_A_TTL
        number = math.floor(heard / grain)
        while (number + 1) * grain <= heard:
            number += 1
        self._next[config] = (number + 1) * grain
        return number * grain

    def _retire(self, config: int, tick: float, observation: int) -> int:
        bank, ttl = self._bank, self._plan.configs[config].series_ttl_s
        rows = bank.state.rows[: bank.row_count]
        last = rows["last_time"]
        idle = np.flatnonzero((rows["config"] == config) & (last < tick - ttl) & (last > -np.inf))
        if len(idle) == 0:
            return 0
        for row in idle[bank.state.alerts["open"][idle] != 0].tolist():
            self._departures.append(self._departure(row, config, tick, observation))
        bank.retire_rows(idle)
        return len(idle)

    def _departure(self, number: int, config: int, tick: float, observation: int) -> ExpiredAlert:
        bank = self._bank
        row, alert = bank.state.rows[number], bank.state.alerts[number]
        episode = Episode(
            start=float(alert["start"]),
            end=float(alert["end"]),
            peak_score=float(alert["peak_score"]),
            peak_value=float(alert["peak_value"]),
            count=int(alert["count"]),
        )
        count = int(row["count"])
        return ExpiredAlert(
            config=config,
            series=bank.series[int(row["series"])],
            observation=observation,
            time=tick,
            idle_s=tick - float(row["last_time"]),
            expected=median(bank.pool.sorted, int(row["start"]), count) if count else episode.peak_value,
            severity=int(alert["severity"]),
            episode=episode,
        )
