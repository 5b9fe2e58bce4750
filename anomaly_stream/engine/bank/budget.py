"""Limits on what all banks of a process hold together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Held(Protocol):
    """What a bank reports to the budget."""

    @property
    def series_held(self) -> int:
        """Series that have rows."""

    @property
    def bytes_held(self) -> int:
        """Bytes that rows and windows take."""


@dataclass(slots=True)
class Budget:
    """The limits of a process. They refuse new series only; rows that exist stay.

    Which series are refused is not a function of the input alone, in contrast to a config's ``max_series``:
    it depends on which partitions the process owns, and on the order in which it reads them.
    """

    max_series: int
    max_bytes: int
    banks: Sequence[Held] = field(default=())
    """The banks that share the budget."""

    @property
    def series_left(self) -> int:
        """How many series may be added."""
        return self.max_series - sum(bank.series_held for bank in self.banks)

    @property
    def bytes_left(self) -> int:
        """How many bytes may be added."""
        return self.max_bytes - sum(bank.bytes_held for bank in self.banks)
