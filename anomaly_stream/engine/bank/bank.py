"""The bank: one row for each series under each config that matches it.

While a worker owns a partition, the bank holds its current state; state records are checkpoints of it. Rows
are records in arrays that double as they grow. Freed rows are reused. Windows are stored in blocks of one
pool, detector state in segments of one arena.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.engine.bank.arena import StateArena
from anomaly_stream.engine.bank.footprint import footprint_of, inherit
from anomaly_stream.engine.bank.migration import Migration, plan_migration
from anomaly_stream.engine.bank.rows import extended_state, fresh_rows, fresh_state, restart
from anomaly_stream.engine.bank.series_directory import SeriesDirectory
from anomaly_stream.engine.bank.tombstones import Tombstones
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.kernels.blocks import SIZES, empty_pool, extended
from anomaly_stream.kernels.row_lists import link, unlink
from anomaly_stream.model import Series

_FIRST_ROWS, _FIRST_PLACES = 64, 4096
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
        self.directory = SeriesDirectory()
        """The series, and whether they are matched or over a limit."""
        self.row_count = 0
        """Number of rows, free ones included. A free row has the ``config`` -1."""
        self.state = fresh_state(_FIRST_ROWS, sources)
        self.pool = empty_pool(_FIRST_PLACES)
        self.most_rows = 0
        """Maximum number of rows that a series has had so far."""
        self.series_held = 0
        """Series that have rows."""
        self.rows_per_config = np.zeros(len(plan.configs), np.int64)
        self.tombstones = Tombstones()
        self.newest_command: Callable[[str, Series], int] | None = None
        """By id of a config and series, the position of the newest command: a new row has obeyed it."""
        self._arena = StateArena()
        self._largest_block = _largest_block(plan)
        self._free: list[int] = []

    @property
    def series(self) -> list[Series]:
        """All series that were registered, by number."""
        return self.directory.series

    @property
    def series_count(self) -> int:
        """Number of series that were registered."""
        return len(self.directory.series)

    @property
    def detector_state(self) -> Floats:
        """The words of all rows' detector state. Growing replaces the array, so do not keep it."""
        return self._arena.words

    @property
    def rows_held(self) -> int:
        """Rows in use."""
        return self.row_count - len(self._free)

    @property
    def places_needed(self) -> int:
        """Maximum number of places in the pool that one observation can take."""
        return self.most_rows * self._largest_block

    @property
    def bytes_held(self) -> int:
        """Bytes of memory that rows, windows and detector state take."""
        arrays = sum(array.nbytes for array in self.state) + self.directory.bytes_held
        return arrays + self._arena.bytes_held + _PLACE_BYTES * int(self.pool.free[0])

    def admit(self, series: Sequence[Series]) -> None:
        """Register series under the next numbers, and give each a row under every config that matches it."""
        first = self.series_count
        self.register(enumerate(series, first))
        matching = [self.plan.match(one) for one in series]
        numbers = [number for number, configs in enumerate(matching, first) for _ in configs]
        self.add_rows(numbers, [config for configs in matching for config in configs])
        self.directory.mark_matched(np.arange(first, self.series_count))

    def register(self, series: Iterable[tuple[int, Series]]) -> None:
        """Register series under these numbers. They must have no rows; a new number must be the next one."""
        self.directory.register(series)
        capacity = len(self.state.first_row)
        if self.series_count > capacity:
            more = np.full(max(self.series_count, 2 * capacity) - capacity, -1, np.int64)
            self.state = self.state._replace(first_row=np.concatenate((self.state.first_row, more)))

    def add_rows(self, series: Sequence[int], configs: Sequence[int]) -> Integers:
        """Add a row for each pair of a series and a config; returns the rows. No pair may have a row yet."""
        fresh = len(series) - min(len(self._free), len(series))
        reused = [self._free.pop() for _ in range(len(series) - fresh)]
        if self.row_count + fresh > len(self.state.rows):
            self.state = extended_state(self.state, self.row_count + fresh)
        numbers = np.array([*reused, *range(self.row_count, self.row_count + fresh)], np.int64)
        self.row_count += fresh
        rows = self.state.rows
        rows[numbers] = fresh_rows(len(numbers))
        self.state.alerts[numbers] = fresh_alerts(len(numbers))
        self.state.included[numbers] = -1
        self.state.replayed[numbers] = -1
        rows["series"][numbers] = series
        rows["config"][numbers] = configs
        self._allocate_segments(numbers)
        if self.newest_command is not None:
            ids = (self.plan.configs[config].id for config in configs)
            rows["command"][numbers] = [*map(self.newest_command, ids, map(self.series.__getitem__, series))]
        if self.tombstones.any_waiting:
            for row, number, config in zip(numbers.tolist(), series, configs, strict=True):
                left = self.tombstones.reclaim(number, self.plan.configs[config].id, self.series[number])
                if left is not None:
                    inherit(self.state, self.detector_state, self.plan.compiled, row, left)
        self.rows_per_config += np.bincount(
            np.asarray(configs, np.int64), minlength=len(self.rows_per_config)
        )
        begun, longest = link(rows, self.state.first_row, numbers)
        self.series_held += begun
        self.most_rows = max(self.most_rows, longest)
        return numbers

    def free_rows(self, numbers: Integers) -> None:
        """Remove these rows; their numbers, blocks and segments are used again."""
        rows = self.state.rows
        self.rows_per_config -= np.bincount(rows["config"][numbers], minlength=len(self.rows_per_config))
        self.series_held -= unlink(rows, self.state.first_row, self.pool, numbers)
        self._free_segments(numbers)
        rows[numbers] = fresh_rows(len(numbers))
        rows["config"][numbers] = -1
        rows["series"][numbers] = -1
        self._free.extend(numbers.tolist())

    def expire_rows(self, numbers: Integers) -> None:
        """Remove idle rows; the next checkpoint deletes their state records."""
        rows = self.state.rows[numbers]
        ids = [config.id for config in self.plan.configs]
        expired = zip(numbers.tolist(), rows["series"].tolist(), rows["config"].tolist(), strict=True)
        for number, series, config in expired:
            footprint = footprint_of(self.state, self.detector_state, self.plan.compiled, number)
            self.tombstones.add_expired(series, ids[config], footprint)
        self.free_rows(numbers)
        self.directory.rematch(rows["series"])
        self.directory.rematch_over_limit()

    def change_plan(self, plan: Plan) -> None:
        """Continue under another plan; ``migration`` says what happens to the rows."""
        migration = plan_migration(self.plan, plan, self.state.rows[: self.row_count], self.series)
        for row in self.state.rows[migration.deleted]:
            key = row_key(self.plan.configs[row["config"]].id, self.series[int(row["series"])])
            self.tombstones.add(key, int(row["chunk_keys"]), int(row["pages"]))
        self.free_rows(migration.deleted)
        self._restart(migration.kept[migration.restarted], plan, migration)
        self._largest_block = _largest_block(plan)
        self.rows_per_config = np.bincount(migration.config, minlength=len(plan.configs))
        self.directory.rematch_all()

    def restart_rows(self, numbers: Integers) -> None:
        """Empty the windows and the detector state of these rows. Their open alerts and offsets stay."""
        self._restart(numbers, self.plan, None)

    def dirty_rows(self) -> Integers:
        """Rows that changed since the last checkpoint, and negative numbers for records to delete."""
        dirty = self.state.rows["dirty"][: self.row_count]
        return np.concatenate((self.tombstones.numbers(), np.flatnonzero(dirty)))

    def clear_dirty(self, rows: Integers) -> None:
        """Mark these rows and records, as returned by ``dirty_rows``, as written."""
        self.state.rows["dirty"][rows[rows >= 0]] = 0
        self.tombstones.clear(rows[rows < 0])

    def state_words(self, rows: Integers) -> Integers:
        """Words of detector state of each of these rows, which must be in use."""
        words: Integers = self.plan.compiled["state_words"][self.state.rows["config"][rows]].astype(np.int64)
        return words

    def rows_of(self, series: int) -> list[int]:
        """The rows of a series, in order of their configs."""
        found = []
        row = int(self.state.first_row[series])
        while row >= 0:
            found.append(row)
            row = int(self.state.rows[row]["next"])
        return found

    def row_of(self, series: int, config_id: str) -> int:
        """The row of a series under a config; -1 if it has none."""
        for row in self.rows_of(series):
            if self.plan.configs[self.state.rows[row]["config"]].id == config_id:
                return row
        return -1

    def reserve(self) -> None:
        """Extend the pool so that it has room for the next observation."""
        self.pool = extended(self.pool, self.places_needed)

    def _restart(self, numbers: Integers, plan: Plan, migration: Migration | None) -> None:
        """Restart rows, and continue under ``plan``."""
        footprints = [
            footprint_of(self.state, self.detector_state, self.plan.compiled, row) for row in numbers.tolist()
        ]
        self._free_segments(numbers)
        if migration is not None:
            self.state.rows["config"][migration.kept] = migration.config
        self.plan = plan
        self._allocate_segments(numbers)
        for row, footprint in zip(numbers.tolist(), footprints, strict=True):
            restart(self.state.rows[row])
            inherit(self.state, self.detector_state, plan.compiled, row, footprint)

    def _allocate_segments(self, numbers: Integers) -> None:
        """Allocate segments for the detector state of these rows, which have none."""
        rows = self.state.rows
        lengths = self.plan.segment_words[rows["config"][numbers]]
        rows["segment"][numbers] = self._arena.allocate(lengths) // LINE

    def _free_segments(self, numbers: Integers) -> None:
        rows = self.state.rows
        lengths = self.plan.segment_words[rows["config"][numbers]]
        self._arena.free(rows["segment"][numbers].astype(np.int64) * LINE, lengths)


def _largest_block(plan: Plan) -> int:
    return int(SIZES[np.searchsorted(SIZES, max(plan.compiled["capacity"].tolist(), default=1))])
