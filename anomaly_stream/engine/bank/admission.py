"""Which new series get rows.

A series gets its row under a config with its first observation, as long as the config has fewer rows than its
``max_series`` and the process is within its budget. Otherwise the series is over a limit: its observations
are counted, and no other state is kept for it. Admission is tried again after rows expired.
"""

from collections.abc import Sequence

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.plan.dtypes import ROW
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.blocks import SMALLEST
from anomaly_stream.model import Limit, LimitReached

ROW_BYTES = ROW.itemsize + 24 * SMALLEST
"""A row with the smallest window and without detector state takes this many bytes."""
_WORD = 8
_NONE: Integers = np.empty(0, np.int64)


class Admission:
    """Admits series to one bank.

    Args:
        bank: the rows.
        budget: the limits of the process; None: no limits.
    """

    def __init__(self, bank: Bank, budget: Budget | None = None) -> None:
        self._bank = bank
        self._budget = budget
        self._reported: set[LimitReached] = set()
        self._reached: list[LimitReached] = []

    def admit(self, series: Integers) -> Integers:
        """Match those of these series that are not matched yet, in order of first appearance.

        Returns the rows that were added.
        """
        new = self._bank.directory.unmatched(series)
        if not new:
            return _NONE
        allowance = _Allowance(self._bank, self._budget)
        added: list[tuple[int, int]] = []
        for number in new:
            added += [(number, config) for config in self._new_configs(number, allowance)]
        self._bank.directory.mark_matched(new)
        if not added:
            return _NONE
        return self._bank.add_rows([number for number, _ in added], [config for _, config in added])

    def take_limits_reached(self) -> Sequence[LimitReached]:
        """The limits that were reached for the first time since the last call."""
        reached, self._reached = self._reached, []
        return reached

    def retry_refused(self) -> None:
        """Require the series that the budget refused to be matched again, if it has room now."""
        if self._budget is not None and self._bank.directory.any_over_limit and self._budget.series_left > 0:
            self._bank.directory.rematch_over_limit((Limit.SERIES, Limit.MEMORY))

    def _new_configs(self, number: int, allowance: "_Allowance") -> list[int]:
        """The configs under which the series gets a row now."""
        bank = self._bank
        present = {int(bank.state.rows[row]["config"]) for row in bank.rows_of(number)}
        granted: list[int] = []
        refused: dict[Limit, int] = {}
        for config in bank.plan.match(bank.series[number]):
            if config in present:
                continue
            limit = allowance.grant(config, has_rows=bool(present or granted))
            if limit is None:
                granted.append(config)
                continue
            refused[limit] = refused.get(limit, 0) + 1
            self._report(
                LimitReached(limit, bank.plan.configs[config].id, allowance.limit_value(limit, config))
            )
        bank.directory.set_over_limit(number, refused)
        return granted

    def _report(self, reached: LimitReached) -> None:
        if reached not in self._reported:
            self._reported.add(reached)
            self._reached.append(reached)


class _Allowance:
    """The rows that the limits still allow. Each grant lowers them."""

    def __init__(self, bank: Bank, budget: Budget | None) -> None:
        self._limits = [config.max_series for config in bank.plan.configs]
        self._rows = bank.rows_per_config.tolist()
        self._budget = budget
        self._series_left = budget.series_left if budget is not None else None
        self._bytes_left = budget.bytes_left if budget is not None else None
        self._row_bytes = (ROW_BYTES + _WORD * bank.plan.segment_words).tolist()

    def grant(self, config: int, has_rows: bool) -> Limit | None:
        """Grant a row under this config and return None, or return the limit that refuses it.

        ``has_rows``: the series has a row under another config.
        """
        if self._rows[config] >= self._limits[config]:
            return Limit.CONFIG
        if self._series_left is not None and self._bytes_left is not None:
            if not has_rows and self._series_left <= 0:
                return Limit.SERIES
            if self._bytes_left < self._row_bytes[config]:
                return Limit.MEMORY
            self._series_left -= not has_rows
            self._bytes_left -= self._row_bytes[config]
        self._rows[config] += 1
        return None

    def limit_value(self, limit: Limit, config: int) -> int:
        """The value of a limit: rows, series or bytes."""
        if limit is Limit.CONFIG or self._budget is None:
            return self._limits[config]
        return self._budget.max_series if limit is Limit.SERIES else self._budget.max_bytes
