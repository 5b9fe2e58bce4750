"""Which series are silent for longer than their config's ``no_data`` allows.

All rows are checked at each tick of the clock of a source (``source_clocks``), just before the observation
that moves it, or at a heartbeat. A row is *silent* if the clock of its source is further ahead of its last
value than its limit: the longer of ``no_data_s`` and ``no_data_steps`` usual steps of its own. Its alert
opens while it is silent, and resolves with its next value that is not older than that. After the clock has
leapt, as over a gap of all input, a row has its whole limit once more, because others came back before it.

A value whose time the row does not take yet (``scoring.clock``) counts too, unless it is ahead of the clock.
A row that came by several topics is measured by the slowest of their clocks. So the changes are a function of
the input and the heartbeats, however the input is cut into batches.
"""

import math

import numpy as np

from anomaly_stream.alerts.no_data_alerts import HEARTBEAT, NoDataChange
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.cadence import FAR
from anomaly_stream.engine.bank.source_clocks import TICK_S, USUAL_STEPS, SourceClock, SourceClocks
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.arrays import Bools, Floats, Integers, Records
from anomaly_stream.model import Transition


class NoData:
    """Opens and resolves the alerts of one bank's silent series.

    Args:
        bank: holds the rows.
        sources: the number of metrics topics; further sources of the bank do not count.
    """

    def __init__(self, bank: Bank, sources: int) -> None:
        self._bank = bank
        self._sources = sources
        self._clocks = SourceClocks(bank, sources)
        self._changes: list[NoDataChange] = []
        self.any_open = True
        """Whether a row may have an open alert; it is exact after each check."""
        self._bind(bank.plan)

    def change_plan(self, plan: Plan) -> None:
        """Continue under another plan. The clocks stay, unless no config asks for them."""
        self._bind(plan)
        if not self.is_asked:
            self._clocks = SourceClocks(self._bank, self._sources)

    @property
    def is_asked(self) -> bool:
        """Whether any config has ``no_data``."""
        return bool(self._asks.any())

    @property
    def silent_count(self) -> int:
        """Rows with an open alert."""
        if not self.is_asked:
            return 0
        return int((self._bank.state.rows["no_data_since"] > -np.inf).sum())

    @property
    def clocks(self) -> dict[int, SourceClock]:
        """By number of the source, its clock; none where it has not begun."""
        columns = (column.tolist() for column in (self._clocks.times, self._clocks.leapt, self._clocks.waits))
        return {
            source: SourceClock(time, leapt, waits if waits < math.inf else None)
            for source, (time, leapt, waits) in enumerate(zip(*columns, strict=True))
            if time > -math.inf
        }

    @clocks.setter
    def clocks(self, clocks: dict[int, SourceClock]) -> None:
        self._clocks = SourceClocks(self._bank, self._sources)
        if not self.is_asked:  # as in a change of the plan
            return
        for source, clock in clocks.items():
            self._clocks.times[source], self._clocks.leapt[source] = clock.time, clock.leapt
            self._clocks.waits[source] = math.inf if clock.waits is None else clock.waits

    def due(self, source: int) -> float:
        """The clock time at which rows are checked next."""
        return self._clocks.due(source) if self.is_asked else math.inf

    def advance(self, series: int, time: float, clock_time: float, observation: int, source: int) -> None:
        """Observation number ``observation`` comes: move the clock of ``source``, and check the rows."""
        if not self.is_asked:
            return
        before = self._clocks.times.copy()
        if self._clocks.advance(source, series, time, clock_time):
            self._check(before, observation, series, time)
        elif self.any_open:
            self._check(before, observation, series, time, self._open_rows(series, time))

    def heartbeat(self, source: int, time: float) -> None:
        """Nothing has come from ``source`` up to ``time``: move its clock, and check the rows."""
        if time < self.due(source) or self._clocks.times[source] == -np.inf:
            return
        before = self._clocks.times.copy()
        self._clocks.move(source, time)
        self._check(before, HEARTBEAT, -1, -math.inf)

    def take_changes(self) -> list[NoDataChange]:
        """The changes since the last call, in their order."""
        changes, self._changes = self._changes, []
        return changes

    def _bind(self, plan: Plan) -> None:
        self.any_open = True
        self._least: Floats = np.array([config.no_data_s for config in plan.configs], np.float64)
        self._steps: Floats = np.array([config.no_data_steps for config in plan.configs], np.float64)
        self._repeat: Floats = np.array([config.repeat_interval_s for config in plan.configs], np.float64)
        self._asks: Bools = np.array([config.asks_for_data for config in plan.configs], np.bool_)

    def _check(
        self, before: Floats, observation: int, series: int, time: float, only: Integers | None = None
    ) -> None:
        """Compare all rows with the clocks; ``before`` are their times before the last move.

        The rows of ``series`` are about to take a value at ``time``. With ``only``, just these rows are
        compared, and the clocks have not moved.
        """
        rows, numbers, now, was, leapt = self._watched(before, only)
        config, since = rows["config"], rows["no_data_since"]
        last, step = rows["last_time"], rows["step"].astype(np.float64)
        near = now + np.maximum(TICK_S, USUAL_STEPS * step)
        waits = (rows["votes"] > 0) & (rows["candidate"] > last) & (rows["candidate"] <= near)
        comes = (rows["series"] == series) & (time > last) & ((time <= near) | (time - last <= FAR * step))
        heard = np.where(comes, time, np.where(waits, rows["candidate"], last))
        limit = np.maximum(self._least[config], self._steps[config] * step)
        is_open = since > -np.inf
        opens = (only is None) & ~is_open & (now - np.maximum(heard, leapt) > limit)
        ends = is_open & (heard > since) & (now - heard <= limit)
        is_due = _has_passed(self._repeat[config], since, was, now)
        repeats = is_open & ~ends & (is_due | _has_passed(limit, since, was, now))
        figures = now, heard, step, limit
        self._change(numbers, opens, Transition.FIRING, observation, figures)
        self._change(numbers, ends, Transition.RESOLVED, observation, figures)
        self._change(numbers, repeats & is_due, Transition.REMINDER, observation, figures)
        self._change(numbers, repeats & ~is_due, Transition.REMINDER, observation, figures, is_due=False)
        if only is None:
            self.any_open = bool((self._bank.state.rows["no_data_since"] > -np.inf).any())

    def _open_rows(self, series: int, time: float) -> Integers:
        """The rows of a series whose open alert a value at ``time`` may end.

        The step stops before the same values (``scoring.advance``), so that the cut into batches, which calls
        this at each beginning, changes nothing.
        """
        numbers = np.array(self._bank.rows_of(series), np.int64)
        rows = self._bank.state.rows[numbers]
        last, since = rows["last_time"], rows["no_data_since"]
        is_open = self._asks[rows["config"]] & (since > -np.inf)
        found: Integers = numbers[is_open & ((time > last) | (last > since))]
        return found

    def _watched(
        self, before: Floats, only: Integers | None
    ) -> tuple[Records, Integers, Floats, Floats, Floats]:
        """The rows that can be silent, their numbers, and for each: its clock, before, and its last leap.

        A row without a usual step cannot become silent, but its alert can be open since before a reset.
        """
        state, count = self._bank.state, self._bank.row_count
        config, rows = state.rows["config"][:count], state.rows[:count]
        has_step_or_alert = (rows["step"] > 0) | (rows["no_data_since"] > -np.inf)
        can_be = only
        if can_be is None:
            can_be = np.flatnonzero((config >= 0) & self._asks[config] & has_step_or_alert)
        numbers = can_be[(state.included[can_be, : self._sources] >= 0).any(axis=1)]
        rows, heard = state.rows[numbers], state.included[numbers, : self._sources] >= 0
        now, was = (
            np.where(heard, times, np.inf).min(axis=1, initial=np.inf)
            for times in (self._clocks.times, before)
        )
        leapt = np.where(heard, self._clocks.leapt, -np.inf).max(axis=1, initial=-np.inf)
        return rows, numbers, now, was, leapt

    def _change(
        self,
        numbers: Integers,
        chosen: Bools,
        transition: Transition,
        observation: int,
        figures: tuple[Floats, Floats, Floats, Floats],
        *,
        is_due: bool = True,
    ) -> None:
        """Change the alerts of the chosen rows, in order of config and series."""
        rows, found = self._bank.state.rows, []
        for i in np.flatnonzero(chosen).tolist():
            number = int(numbers[i])
            row = rows[number]
            now, heard, step, limit = (float(figure[i]) for figure in figures)
            if transition is Transition.FIRING:
                row["no_data_since"], row["no_data_events"] = heard, 0
            change = NoDataChange(
                number,
                int(row["config"]),
                self._bank.series[int(row["series"])],
                observation,
                transition,
                int(row["no_data_events"]) + 1,
                max(now, heard) if transition is Transition.RESOLVED else now,
                float(row["no_data_since"]),
                heard,
                step,
                limit,
                is_due=is_due,
            )
            found.append(change)
            row["no_data_events"] = change.sequence
            row["dirty"] = 1
            if transition is Transition.RESOLVED:
                row["no_data_since"], row["no_data_events"] = -np.inf, 0
        self._changes += sorted(found, key=lambda change: (change.config, change.series.key))


def _has_passed(period: Floats, since: Floats, was: Floats, now: Floats) -> Bools:
    """Whether a multiple of ``period`` after ``since`` lies between ``was`` and ``now``; 0: never."""
    found = np.zeros(len(period), np.bool_)
    some = (period > 0) & (since > -np.inf) & (was > -np.inf)
    number = (now[some] - since[some]) // period[some]
    found[some] = number > (was[some] - since[some]) // period[some]
    return found
