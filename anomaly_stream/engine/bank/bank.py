"""The bank: one row for each series under each config that watches it.

The truth while a worker owns the partition; state records are its checkpoint. Rows are records in
arrays that double as they grow, and are used again when their series leave; their windows live in blocks
of one pool, and what they remember beside them in spans of another.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.engine.bank.arena import StateArena
from anomaly_stream.engine.bank.footprint import footprint_of, inherit
from anomaly_stream.engine.bank.migration import moves
from anomaly_stream.engine.bank.rows import extended_state, fresh_rows, fresh_state, restart
from anomaly_stream.engine.bank.series_directory import SeriesDirectory
from anomaly_stream.engine.bank.tombstones import Tombstones, state_key
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.blocks import SIZES, empty_pool, extended
from anomaly_stream.kernels.chains import link, unlink
from anomaly_stream.model import Series

_FIRST_ROWS = 64
_FIRST_PLACES = 4096
_PLACE_BYTES = 24


class Bank:
    """Rows of one partition.

    Args:
        plan: the compiled configs.
        sources: how many source topics feed the partition.
    """

    def __init__(self, plan: Plan, sources: int = 1) -> None:
        self.plan = plan
        self.sources = sources
        self.standing = SeriesDirectory()
        """Who may have rows."""
        self.row_count = 0
        """Rows handed out so far; some of them may be free again (``config`` -1)."""
        self._memories = StateArena()
        self.state = fresh_state(_FIRST_ROWS, sources)
        self.pool = empty_pool(_FIRST_PLACES)
        self.most_rows = 0
        """The most rows that one series has."""
        self.series_held = 0
        """Series that have rows."""
        self.members = np.zeros(len(plan.configs), np.int64)
        """By config: its rows."""
        self.tombstones = Tombstones()
        self._largest_block = _largest_block(plan)
        self._free: list[int] = []

    @property
    def series(self) -> list[Series]:
        """By number, the series met so far."""
        return self.standing.series

    @property
    def series_count(self) -> int:
        """How many numbers of series the bank has met."""
        return len(self.standing.series)

    @property
    def memory(self) -> NDArray[np.float64]:
        """What rows remember beside their windows, each in a span of it; another array once it has grown."""
        return self._memories.words

    @property
    def rows_held(self) -> int:
        """Rows in use."""
        return self.row_count - len(self._free)

    @property
    def places_needed(self) -> int:
        """The most places of the pool that one observation can take."""
        return self.most_rows * self._largest_block

    @property
    def bytes_held(self) -> int:
        """Memory that rows take: their arrays, and what was handed out for windows and memories."""
        arrays = sum(array.nbytes for array in self.state) + self.standing.bytes_held
        return arrays + self._memories.bytes_held + _PLACE_BYTES * int(self.pool.free[0])

    def admit(self, series: Sequence[Series]) -> None:
        """Append series, numbered on from ``series_count``, with a row for each config that watches it."""
        first = self.series_count
        self.meet(enumerate(series, first))
        watched = [self.plan.match(one) for one in series]
        numbers = [number for number, configs in enumerate(watched, first) for _ in configs]
        self.add_rows(numbers, [config for configs in watched for config in configs])
        self.standing.settle(np.arange(first, self.series_count))

    def meet(self, series: Iterable[tuple[int, Series]]) -> None:
        """Learn which series stand behind these numbers; none of them may have rows. New ones count on."""
        self.standing.meet(series)
        have = len(self.state.first_row)
        if self.series_count > have:
            more = np.full(max(self.series_count, 2 * have) - have, -1, np.int64)
            self.state = self.state._replace(first_row=np.concatenate((self.state.first_row, more)))

    def add_rows(self, series: Sequence[int], configs: Sequence[int]) -> NDArray[np.int64]:
        """Give each of these series a row under the config beside it (it has none yet); returns the rows."""
        fresh = len(series) - min(len(self._free), len(series))
        reused = [self._free.pop() for _ in range(len(series) - fresh)]
        self._make_room(self.row_count + fresh)
        numbers = np.array([*reused, *range(self.row_count, self.row_count + fresh)], np.int64)
        self.row_count += fresh
        rows = self.state.rows
        rows[numbers] = fresh_rows(len(numbers))
        self.state.alerts[numbers] = fresh_alerts(len(numbers))
        self.state.included[numbers] = -1
        self.state.replayed[numbers] = -1
        rows["series"][numbers] = series
        rows["config"][numbers] = configs
        self._give_memory(numbers)
        if self.tombstones.waiting:
            for row, number, config in zip(numbers.tolist(), series, configs, strict=True):
                saved = self.tombstones.come_back(number, self.plan.configs[config].id, self.series[number])
                if saved is not None:
                    inherit(self.state, self.memory, self.plan.records, row, saved)
        self.members += np.bincount(np.asarray(configs, np.int64), minlength=len(self.members))
        begun, longest = link(rows, self.state.first_row, numbers)
        self.series_held += begun
        self.most_rows = max(self.most_rows, longest)
        return numbers

    def free_rows(self, numbers: NDArray[np.int64]) -> None:
        """Let go of these rows; their blocks and numbers are used again."""
        rows = self.state.rows
        self.members -= np.bincount(rows["config"][numbers], minlength=len(self.members))
        self.series_held -= unlink(rows, self.state.first_row, self.pool, numbers)
        self._take_memory(numbers)
        rows[numbers] = fresh_rows(len(numbers))
        rows["config"][numbers] = -1
        rows["series"][numbers] = -1
        self._free.extend(numbers.tolist())

    def retire_rows(self, numbers: NDArray[np.int64]) -> None:
        """Let go of rows whose series are idle; their state records go once this is committed."""
        rows = self.state.rows[numbers]
        ids = [config.id for config in self.plan.configs]
        left = zip(numbers.tolist(), rows["series"].tolist(), rows["config"].tolist(), strict=True)
        for number, series, config in left:
            self.tombstones.depart(
                series, ids[config], footprint_of(self.state, self.memory, self.plan.records, number)
            )
        self.free_rows(numbers)
        self.standing.unsettle_series(rows["series"])
        self.standing.unsettle_short()

    def rebind(self, plan: Plan) -> None:
        """Go on under other configs; ``rebinding`` says what becomes of the rows."""
        found = moves(self.plan, plan, self.state.rows[: self.row_count], self.series)
        self._forget_rows(found.gone)
        restarted = found.kept[found.restarted]
        saved = [footprint_of(self.state, self.memory, self.plan.records, row) for row in restarted.tolist()]
        self._take_memory(restarted)
        self.state.rows["config"][found.kept] = found.config
        self.plan = plan
        self._give_memory(restarted)
        for row, one in zip(restarted.tolist(), saved, strict=True):
            restart(self.state.rows[row])
            inherit(self.state, self.memory, plan.records, row, one)
        self._largest_block = _largest_block(plan)
        self.members = np.bincount(found.config, minlength=len(plan.configs))
        self.standing.unsettle()

    def dirty_rows(self) -> NDArray[np.int64]:
        """Rows that changed since the last checkpoint; negative numbers stand for rows that are gone."""
        changed = np.flatnonzero(self.state.rows["dirty"][: self.row_count])
        return np.concatenate((self.tombstones.numbers(), changed))

    def clear_dirty(self, rows: NDArray[np.int64]) -> None:
        """Count these rows as checkpointed."""
        self.state.rows["dirty"][rows[rows >= 0]] = 0
        self.tombstones.clear(rows[rows < 0])

    def memory_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Words of memory that each of these rows has, which are in use."""
        words: NDArray[np.int64] = self.plan.records["memory"][self.state.rows["config"][rows]].astype(
            np.int64
        )
        return words

    def row_keys(self) -> list[tuple[int, str]]:
        """By row: number of the series, id of the config; -1 and nothing for free rows."""
        rows = self.state.rows[: self.row_count]
        ids = [*(config.id for config in self.plan.configs), ""]
        return [
            (series, ids[config])
            for series, config in zip(rows["series"].tolist(), rows["config"].tolist(), strict=True)
        ]

    def rows_of(self, series: int) -> list[int]:
        """The rows of a series, in order of their configs."""
        found = []
        row = int(self.state.first_row[series])
        while row >= 0:
            found.append(row)
            row = int(self.state.rows[row]["next"])
        return found

    def row_of(self, series: int, config_id: str) -> int:
        """The row of a series under a config, -1 if there is none."""
        for row in self.rows_of(series):
            if self.plan.configs[self.state.rows[row]["config"]].id == config_id:
                return row
        return -1

    def forget(self, key: bytes, slots: int = 0, pages: int = 0) -> None:
        """Have the state record of this key deleted at the next checkpoint, with its chunks and pages."""
        self.tombstones.add(key, slots, pages)

    def gone_key(self, number: int) -> bytes:
        """The state record's key of a negative number that ``dirty_rows`` gave."""
        return self.tombstones.key(number)

    def reserve(self) -> None:
        """Make room in the pool for the next observation."""
        self.pool = extended(self.pool, self.places_needed)

    def _forget_rows(self, numbers: NDArray[np.int64]) -> None:
        for row in self.state.rows[numbers]:
            key = state_key(self.plan.configs[row["config"]].id, self.series[int(row["series"])])
            self.forget(key, int(row["slots"]), int(row["pages"]))
        self.free_rows(numbers)

    def _give_memory(self, numbers: NDArray[np.int64]) -> None:
        """A fresh memory for each of these rows, which have none."""
        rows = self.state.rows
        rows["memory"][numbers] = self._memories.take(self.plan.spans[rows["config"][numbers]]) // LINE

    def _take_memory(self, numbers: NDArray[np.int64]) -> None:
        """Let go of the memories of these rows."""
        rows = self.state.rows
        spans = self.plan.spans[rows["config"][numbers]]
        self._memories.give(rows["memory"][numbers].astype(np.int64) * LINE, spans)

    def _make_room(self, rows: int) -> None:
        if rows > len(self.state.rows):
            self.state = extended_state(self.state, rows)


def _largest_block(plan: Plan) -> int:
    return int(SIZES[np.searchsorted(SIZES, max(plan.records["capacity"].tolist(), default=1))])
