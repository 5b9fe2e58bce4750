"""Which new series get rows.

A series gets its row under a config with its first observation, as long as the config has fewer rows than its
``max_series`` and the process has room. Where it has none, the series is left alone: its
observations are counted, and nothing is kept of it. It is looked at again whenever rows have left.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.plan.dtypes import ROW
from anomaly_stream.kernels.blocks import SMALLEST
from anomaly_stream.model import Limit, LimitReached

ROW_BYTES = ROW.itemsize + 24 * SMALLEST
"""What a row takes at least, beside its memory: itself, and the smallest window."""


_WORD = 8


class Admission:
    """Admits series to one bank.

    Args:
        bank: the rows.
        budget: what the process may hold; None: as much as there is.
    """

    def __init__(self, bank: Bank, budget: Budget | None = None) -> None:
        self._bank = bank
        self._budget = budget
        self._said: set[LimitReached] = set()
        self._reached: list[LimitReached] = []

    def settle(self, series: NDArray[np.int64]) -> None:
        """Decide on those of ``series`` that are not settled, in order of first appearance."""
        new = self._bank.standing.unsettled(series)
        if not new:
            return
        room = _Room(self._bank, self._budget)
        taken: list[tuple[int, int]] = []
        for number in new:
            taken += [(number, config) for config in self._configs(number, room)]
        if taken:
            self._bank.add_rows([number for number, _ in taken], [config for _, config in taken])
        self._bank.standing.settle(new)

    def take_reached(self) -> Sequence[LimitReached]:
        """The limits that were reached for the first time since the last call."""
        reached, self._reached = self._reached, []
        return reached

    def ask_again(self) -> None:
        """Have another look at what the process had no room for."""
        if self._budget is not None and self._bank.standing.any_short and self._budget.series_left > 0:
            self._bank.standing.unsettle_short((Limit.SERIES, Limit.MEMORY))

    def _configs(self, number: int, room: "_Room") -> list[int]:
        """The configs that the series gets rows under now."""
        bank = self._bank
        have = {int(bank.state.rows[row]["config"]) for row in bank.rows_of(number)}
        taken: list[int] = []
        refused: dict[Limit, int] = {}
        for config in bank.plan.match(bank.series[number]):
            if config in have:
                continue
            limit = room.limit_for(config, known=bool(have or taken))
            if limit is None:
                taken.append(config)
                continue
            refused[limit] = refused.get(limit, 0) + 1
            self._note(LimitReached(limit, bank.plan.configs[config].id, room.most(limit, config)))
        bank.standing.set_short(number, refused)
        return taken

    def _note(self, reached: LimitReached) -> None:
        if reached not in self._said:
            self._said.add(reached)
            self._reached.append(reached)


class _Room:
    """How much room there is left, counted down as it is given away."""

    def __init__(self, bank: Bank, budget: Budget | None) -> None:
        self._limits = [config.max_series for config in bank.plan.configs]
        self._members = bank.members.tolist()
        self._budget = budget
        self._series_left = budget.series_left if budget is not None else None
        self._bytes_left = budget.bytes_left if budget is not None else None
        self._row_bytes = (ROW_BYTES + _WORD * bank.plan.spans).tolist()

    def limit_for(self, config: int, known: bool) -> Limit | None:
        """Take room for a row under this config: None, or the limit that refuses it."""
        if self._members[config] >= self._limits[config]:
            return Limit.CONFIG
        if self._series_left is not None and self._bytes_left is not None:
            if not known and self._series_left <= 0:
                return Limit.SERIES
            if self._bytes_left < self._row_bytes[config]:
                return Limit.MEMORY
            self._series_left -= not known
            self._bytes_left -= self._row_bytes[config]
        self._members[config] += 1
        return None

    def most(self, limit: Limit, config: int) -> int:
        """The value of a limit."""
        if limit is Limit.CONFIG or self._budget is None:
            return self._limits[config]
        return self._budget.max_series if limit is Limit.SERIES else self._budget.max_bytes
