"""Rows of one bank take baselines that were learned from a history and loaded.

One rule decides when: **a row takes a baseline just before its first observation that is later than the end
of the history.** Up to there, its values are judged by what it had learned itself. From there on, it has
learned the history, as if that had been in the topic. A series that is new takes its baseline in the same
way, usually before its first value. The rule uses nothing but the baseline and the observations of the row in
their order, so batches may be cut anywhere.

The baselines topic is one more source of a bank: a row includes it up to the offset of the baseline that it
took, and never takes one at or below that offset. The offset is part of the row's state, so a crash or a
replay repeats no load.

A baseline is refused if its shape is not that of the row's config, or if its series was idle for
``series_ttl`` after the end of the history: such a row would have expired.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.expiry import USUAL_STEPS
from anomaly_stream.engine.checkpoint.baseline_record import BaselineHeader, open_baseline, read_header
from anomaly_stream.engine.checkpoint.restore_baseline import restore_baseline
from anomaly_stream.engine.plan.dtypes import Batch
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import parse_row_key, row_key
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model.baseline_loads import BaselineLoads, BaselineRefusal, RefusalReason


class StoredBaseline(NamedTuple):
    """A baseline record, and its offset in the baselines topic."""

    offset: int
    record: bytes


class BaselineStore(Protocol):
    """The baselines that were loaded, by the key of their row."""

    def newest(self, config_id: str) -> int:
        """The highest offset of a baseline of this config; -1: it has none."""

    def find(self, key: bytes) -> StoredBaseline | None:
        """The newest baseline of a row; None: it has none."""


class BaselineSource(NamedTuple):
    """Where a pipeline finds the baselines that were loaded."""

    topic: tuple[str, int]
    """The baselines topic with its generation."""
    store: BaselineStore


class _Due(NamedTuple):
    """A row that waits for a value later than ``end``."""

    series: int
    config_id: str
    end: float


class LoadedBaselines:
    """The rows of ``bank`` that have not yet taken their loaded baseline.

    Args:
        bank: the rows.
        store: the baselines.
        source: number of the baselines topic among the sources of the bank.
    """

    def __init__(self, bank: Bank, store: BaselineStore, source: int) -> None:
        self._bank = bank
        self._store = store
        self._source = source
        self._due: dict[int, _Due] = {}
        self._ends: Floats = np.empty(0)
        """By series, the earliest end that one of its rows waits for; infinite: none waits."""
        self._taken = 0
        self._refused: list[BaselineRefusal] = []

    @property
    def waiting(self) -> int:
        """Rows that wait for a value later than the end of their history."""
        return len(self._due)

    def change_plan(self) -> None:
        """The bank continues under another plan: rows that went do not wait."""
        self._due = {row: due for row, due in self._due.items() if self._holds(row, due)}

    def take_loads(self) -> BaselineLoads:
        """What became of baselines since the last call."""
        loads = BaselineLoads(self._taken, self._refused)
        self._taken, self._refused = 0, []
        return loads

    def consider(self, rows: Iterable[int]) -> None:
        """Look for baselines of these rows that they do not include yet."""
        newest = [self._store.newest(config.id) for config in self._bank.plan.configs]
        if max(newest, default=-1) < 0:
            return
        for row in rows:
            config = int(self._bank.state.rows[row]["config"])
            if config >= 0 and newest[config] > self._bank.state.included[row, self._source]:
                self._wait(row)

    def arrived(self, keys: Iterable[bytes], index: SeriesIndex) -> None:
        """Baselines with these keys were added to the store."""
        for key in keys:
            config_id, series = parse_row_key(key)
            number = index.find(series)
            if number is not None and number < self._bank.series_count:
                row = self._bank.row_of(number, config_id.decode())
                self.consider([row] if row >= 0 else [])

    def before(self, position: int, batch: Batch, in_order: bool) -> int:
        """Call before the observation at ``position``; returns the position before which to call it again.

        Rows that are due take their baselines: with ``in_order`` directly before their observation, otherwise
        as soon as the batch has no earlier observation of their series.
        """
        if not self._due:
            return len(batch.series)
        series = batch.series[position:]
        self._extend(int(series.max(initial=0)))
        late = np.flatnonzero(batch.timestamp[position:] > self._ends[series])
        due, first = np.unique(series[late], return_index=True)
        stops = [len(batch.series)]
        for number, index in zip(due.tolist(), late[first].tolist(), strict=True):
            if index > 0 and (in_order or (series[:index] == number).any()):
                stops.append(position + index)
            else:
                self._take(number, float(batch.timestamp[position + index]))
        return min(stops)

    def _wait(self, row: int) -> None:
        """Let a row wait for the end of its newest history, if it has one that it does not include."""
        record = self._bank.state.rows[row]
        series, config = int(record["series"]), self._bank.plan.configs[int(record["config"])]
        key = row_key(config.id, self._bank.series[series])
        stored = self._store.find(key)
        if stored is not None and stored.offset > self._bank.state.included[row, self._source]:
            self._due[row] = _Due(series, config.id, read_header(key, stored.record).end)
            self._set_end(series)

    def _take(self, series: int, time: float) -> None:
        """The rows of ``series`` that are due at ``time`` take their baselines."""
        for row in self._bank.rows_of(series):
            due = self._due.get(row)
            if due is not None and time > due.end:
                del self._due[row]
                if self._holds(row, due):
                    self._restore(row, due, time)
        self._set_end(series)

    def _restore(self, row: int, due: _Due, time: float) -> None:
        bank, series = self._bank, self._bank.series[due.series]
        key = row_key(due.config_id, series)
        stored = self._store.find(key)
        if stored is None:  # deleted meanwhile
            return
        baseline = open_baseline(key, stored.record)
        if time <= baseline.header.end:  # a newer one replaced it meanwhile
            self._wait(row)
            return
        reason = self._reason_against(row, baseline.header, time)
        if reason is None and not restore_baseline(bank, row, key, baseline):
            reason = RefusalReason.DAMAGED
        if reason is None:
            self._taken += 1
        else:
            self._refused.append(BaselineRefusal(due.config_id, series, reason))
        bank.state.included[row, self._source] = bank.state.replayed[row, self._source] = stored.offset
        bank.state.rows[row]["dirty"] = 1

    def _reason_against(self, row: int, header: BaselineHeader, time: float) -> RefusalReason | None:
        config = int(self._bank.state.rows[row]["config"])
        if header.shape != self._bank.plan.shape(config):
            return RefusalReason.SHAPE
        ttl = self._bank.plan.configs[config].series_ttl_s
        is_idle = ttl > 0 and time - header.end > max(ttl, USUAL_STEPS * header.step)
        return RefusalReason.EXPIRED if is_idle else None

    def _holds(self, row: int, due: _Due) -> bool:
        """Whether ``row`` is still the row that began to wait."""
        record = self._bank.state.rows[row]
        config = int(record["config"])
        return (
            config >= 0
            and int(record["series"]) == due.series
            and self._bank.plan.configs[config].id == due.config_id
        )

    def _set_end(self, series: int) -> None:
        ends = [self._due[row].end for row in self._bank.rows_of(series) if row in self._due]
        self._extend(series)
        self._ends[series] = min(ends, default=np.inf)

    def _extend(self, series: int) -> None:
        more = series + 1 - len(self._ends)
        if more > 0:
            self._ends = np.concatenate((self._ends, np.full(max(more, len(self._ends)), np.inf)))
