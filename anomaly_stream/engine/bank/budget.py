"""What all the banks of a process may hold together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Held(Protocol):
    """What a bank says of itself."""

    @property
    def series_held(self) -> int:
        """Series that have rows."""

    @property
    def bytes_held(self) -> int:
        """Bytes that rows and windows take."""


@dataclass(slots=True)
class Budget:
    """The limits of a process; series that are known go on beyond them, new ones are refused.

    Unlike a config's ``max_series`` these depend on which partitions the process holds, and in which order it
    reads them: which series are refused is no function of the input.
    """

    max_series: int
    max_bytes: int
    banks: Sequence[Held] = field(default=())
    """The banks that share it."""

    @property
    def series_left(self) -> int:
        """How many more series may come."""
        return self.max_series - sum(bank.series_held for bank in self.banks)

    @property
    def bytes_left(self) -> int:
        """How many more bytes may be taken."""
        return self.max_bytes - sum(bank.bytes_held for bank in self.banks)
