"""Limits on the total size of all banks of a process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Held(Protocol):
    """The part of a bank that the budget reads."""

    @property
    def series_held(self) -> int:
        """Series that have rows."""

    @property
    def bytes_held(self) -> int:
        """Bytes that rows and windows take."""


@dataclass(slots=True)
class Budget:
    """The limits of a process. They refuse new series only; rows that exist stay.

    In contrast to a config's ``max_series``, which series are refused does not follow from the input alone:
    it also depends on which partitions the process owns, and in which order it reads them.
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
