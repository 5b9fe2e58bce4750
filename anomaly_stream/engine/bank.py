"""The bank: one row for each series under each config that matches it.

The truth while a worker owns the partition; state records are its checkpoint. Rows are records in
arrays that double as they grow; their windows live in blocks of one pool.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.engine.layout import ROW, Records, State
from anomaly_stream.engine.plan import Plan
from anomaly_stream.kernels.blocks import SIZES, empty_pool, extended
from anomaly_stream.kernels.window import clear, fresh_windows, release
from anomaly_stream.model import Series

_FIRST_ROWS = 64
_FIRST_PLACES = 4096


class Bank:
    """Rows of one partition.

    Args:
        plan: the compiled configs.
        sources: how many source topics feed the partition.
    """

    def __init__(self, plan: Plan, sources: int = 1) -> None:
        self.plan = plan
        self.sources = sources
        self.series: list[Series] = []
        self.row_count = 0
        self.state = State(
            fresh_rows(_FIRST_ROWS),
            fresh_alerts(_FIRST_ROWS),
            np.full((_FIRST_ROWS, sources), -1, np.int64),
            np.full((_FIRST_ROWS, sources), -1, np.int64),
            np.full(_FIRST_ROWS, -1, np.int64),
        )
        self.pool = empty_pool(_FIRST_PLACES)
        self.most_rows = 0
        """The most rows that one series has."""
        self._largest_block = _largest_block(plan)
        self._gone: dict[int, bytes] = {}
        self._gone_so_far = 0

    @property
    def series_count(self) -> int:
        """How many series were admitted."""
        return len(self.series)

    @property
    def places_needed(self) -> int:
        """The most places of the pool that one observation can take."""
        return self.most_rows * self._largest_block

    def admit(self, series: Sequence[Series]) -> None:
        """Append series, numbered on from ``series_count``, with a row for each config that matches."""
        first = self.series_count
        self.series.extend(series)
        numbers: list[int] = []
        configs: list[int] = []
        for number, one in enumerate(series, first):
            matched = self.plan.match(one)
            numbers.extend([number] * len(matched))
            configs.extend(matched)
        start = self.row_count
        self._make_room(start + len(numbers))
        self.row_count += len(numbers)
        rows = self.state.rows[start : self.row_count]
        rows["series"] = numbers
        rows["config"] = configs
        self._link(start, first)

    def rebind(self, plan: Plan) -> None:
        """Go on under other configs; rows are numbered anew.

        A row stays as it is where its config's ``Plan.shape`` did; where that changed its window
        restarts, and only its open alert and its place in the input stay. Rows of configs that no longer
        match go (their state records too, at the next checkpoint); configs that newly match get empty
        rows for every series.
        """
        old_rows = self.row_keys()
        before = {key: row for row, key in enumerate(old_rows)}
        shapes = {config.id: self.plan.shape(i) for i, config in enumerate(self.plan.configs)}
        restarting = [plan.shape(i) != shapes.get(config.id) for i, config in enumerate(plan.configs)]
        numbers: list[int] = []
        configs: list[int] = []
        kept: list[int] = []
        for number, one in enumerate(self.series):
            for config in plan.match(one):
                numbers.append(number)
                configs.append(config)
                kept.append(before.pop((number, plan.configs[config].id), -1))
        for (number, config_id), row in before.items():
            release(self.state.rows[row], self.pool)
            slots = int(self.state.rows[row]["slots"])
            self.forget(state_key(config_id, self.series[number]), slots)
        self.plan = plan
        self._largest_block = _largest_block(plan)
        self._take_over(np.array(kept, np.int64), numbers, configs, restarting)

    def dirty_rows(self) -> NDArray[np.int64]:
        """Rows that changed since the last checkpoint; negative numbers stand for rows that are gone."""
        changed = np.flatnonzero(self.state.rows["dirty"][: self.row_count])
        return np.concatenate((np.fromiter(self._gone, np.int64, len(self._gone)), changed))

    def clear_dirty(self, rows: NDArray[np.int64]) -> None:
        """Count these rows as checkpointed."""
        self.state.rows["dirty"][rows[rows >= 0]] = 0
        for number in rows[rows < 0].tolist():
            self._gone.pop(number, None)

    def row_keys(self) -> list[tuple[int, str]]:
        """By row: number of the series, id of the config."""
        rows = self.state.rows[: self.row_count]
        ids = [config.id for config in self.plan.configs]
        return [
            (series, ids[config])
            for series, config in zip(rows["series"].tolist(), rows["config"].tolist(), strict=True)
        ]

    def row_of(self, series: int, config_id: str) -> int:
        """The row of a series under a config, -1 if there is none."""
        row = int(self.state.first_row[series])
        while row >= 0:
            if self.plan.configs[self.state.rows[row]["config"]].id == config_id:
                return row
            row = int(self.state.rows[row]["next"])
        return -1

    def forget(self, key: bytes, slots: int = 0) -> None:
        """Have the state record of this key deleted at the next checkpoint, and those of its chunks."""
        for gone in (key, *(chunk_key(key, slot) for slot in range(slots))):
            self._gone_so_far += 1
            self._gone[-self._gone_so_far] = gone

    def gone_key(self, number: int) -> bytes:
        """The state record's key of a negative number that ``dirty_rows`` gave."""
        return self._gone[number]

    def reserve(self) -> None:
        """Make room in the pool for the next observation."""
        self.pool = extended(self.pool, self.places_needed)

    def _take_over(
        self, kept: NDArray[np.int64], numbers: list[int], configs: list[int], restarting: list[bool]
    ) -> None:
        """New rows from old ones (``kept``; -1: a fresh one)."""
        old, self.row_count = self.state, 0
        room = max(_FIRST_ROWS, len(kept))
        self.state = State(
            fresh_rows(room),
            fresh_alerts(room),
            np.full((room, self.sources), -1, np.int64),
            np.full((room, self.sources), -1, np.int64),
            old.first_row,
        )
        self.row_count = len(kept)
        found = np.flatnonzero(kept >= 0)
        for new_column, old_column in zip(self.state[:4], old[:4], strict=True):
            new_column[found] = old_column[kept[found]]
        rows = self.state.rows[: self.row_count]
        rows["series"] = numbers
        rows["config"] = configs
        for row in found[np.array(restarting, np.bool_)[rows["config"][found]]].tolist():
            restart(self.state.rows[row])
        self.most_rows = 0
        self._link(0, 0)

    def _link(self, first_row: int, first_series: int) -> None:
        """Chain the rows from ``first_row`` on, which lie in order of their series."""
        rows = self.state.rows[first_row : self.row_count]
        series = rows["series"]
        self._make_series_room()
        self.state.first_row[first_series : self.series_count] = -1
        if len(rows) == 0:
            return
        same = series[1:] == series[:-1]
        rows["next"] = -1
        rows["next"][:-1][same] = np.arange(first_row + 1, self.row_count)[same]
        heads = np.flatnonzero(np.concatenate(([True], ~same)))
        self.state.first_row[series[heads]] = heads + first_row
        longest = int(np.diff(np.append(heads, len(rows))).max())
        self.most_rows = max(self.most_rows, longest)

    def _make_room(self, rows: int) -> None:
        have = len(self.state.rows)
        if rows <= have:
            return
        more = max(rows, 2 * have) - have
        none = np.full((more, self.sources), -1, np.int64)
        self.state = State(
            np.concatenate((self.state.rows, fresh_rows(more))),
            np.concatenate((self.state.alerts, fresh_alerts(more))),
            np.concatenate((self.state.included, none)),
            np.concatenate((self.state.replayed, none)),
            self.state.first_row,
        )

    def _make_series_room(self) -> None:
        have = len(self.state.first_row)
        if self.series_count > have:
            more = np.full(max(self.series_count, 2 * have) - have, -1, np.int64)
            self.state = self.state._replace(first_row=np.concatenate((self.state.first_row, more)))


def fresh_rows(count: int) -> Records:
    """``count`` rows that have seen nothing."""
    rows = fresh_windows(count, ROW)
    rows["last_time"] = -np.inf
    rows["next"] = -1
    return rows


def restart(row: np.void) -> None:
    """Empty a row's window; its open alert and its place in the input stay."""
    clear(row)
    row["run"] = 0
    row["dirty"] = 1
    row["needed"] = -1


def state_key(config_id: str, series: Series) -> bytes:
    """Key of a row's state record."""
    return config_id.encode() + b"\0" + series.key


def chunk_key(key: bytes, slot: int) -> bytes:
    """Key of one of the chunks of the row that has this key; it sorts behind it, before any other row's."""
    return key + b"\0" + slot.to_bytes(2, "big")


def _largest_block(plan: Plan) -> int:
    capacities: Iterable[int] = (config.window_points for config in plan.configs)
    return int(SIZES[np.searchsorted(SIZES, max(capacities, default=1))])
