"""Which state records are to be deleted, and when.

A row that a config no longer asks for is deleted at the next checkpoint. One that left since its series was
idle is deleted once the offsets up to where it left are committed, so that a replay never meets the
events of a row whose record is gone, to learn them once more.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.bank.footprint import ChangelogFootprint
from anomaly_stream.model import Series


class Tombstones:
    """The keys to delete, by negative numbers that stand beside the numbers of rows."""

    def __init__(self) -> None:
        self._due: dict[int, bytes] = {}
        self._given = 0
        self._departed: dict[tuple[int, str], ChangelogFootprint] = {}
        self._later: dict[bytes, ChangelogFootprint] = {}
        self._taken: dict[bytes, ChangelogFootprint] = {}
        self._back: set[bytes] = set()

    @property
    def waiting(self) -> bool:
        """True while rows that left are not yet due."""
        return bool(self._departed or self._later or self._taken)

    @property
    def unspelled(self) -> int:
        """How many rows left whose keys are still to be made."""
        return len(self._departed)

    def add(self, key: bytes, slots: int, pages: int) -> None:
        """Delete this record, its chunks under ``slots`` slots and its ``pages``, at the next checkpoint."""
        self._add(key)
        for slot in range(slots):
            self._add(chunk_key(key, slot))
        for slot in range(2 * pages):
            self._add(page_key(key, slot))

    def depart(self, number: int, config_id: str, saved: ChangelogFootprint) -> None:
        """The row of series ``number`` left; its keys are made later (``spell``)."""
        self._departed[number, config_id] = saved.over(self._departed.get((number, config_id)))

    def spell(self, series: list[Series], most: int) -> None:
        """Make the keys of at most so many rows that left."""
        for number, config_id in list(self._departed)[:most]:
            self._spell(number, config_id, series[number])

    def come_back(self, number: int, config_id: str, series: Series) -> ChangelogFootprint | None:
        """A row is there again before its record was deleted: the record stays, and is the new row's.

        Returns what the old row has saved: the new one takes it over, so that it goes when that does. None:
        no record waits.
        """
        key = state_key(config_id, series)
        if (number, config_id) in self._departed:
            key = self._spell(number, config_id, series)
        later, taken = self._later.get(key), self._taken.get(key)
        if later is None and taken is None:
            return None
        self._back.add(key)
        return later.over(taken) if later is not None else taken

    def take(self) -> None:
        """A checkpoint is taken: what left before it is due once that is committed."""
        for key, saved in self._later.items():
            self._taken[key] = saved.over(self._taken.get(key))
        self._later.clear()

    def commit(self) -> None:
        """The offsets of the last checkpoint are committed."""
        for key, saved in self._taken.items():
            if key not in self._back:
                self.add(key, saved.slots, len(saved.sides))
            self._back.discard(key)
        self._taken.clear()

    def numbers(self) -> NDArray[np.int64]:
        """The keys that are due, as numbers below 0."""
        return np.fromiter(self._due, np.int64, len(self._due))

    def key(self, number: int) -> bytes:
        """The key of such a number."""
        return self._due[number]

    def clear(self, numbers: NDArray[np.int64]) -> None:
        """Count these as deleted."""
        for number in numbers.tolist():
            self._due.pop(number, None)

    def _spell(self, number: int, config_id: str, series: Series) -> bytes:
        key = state_key(config_id, series)
        saved = self._departed.pop((number, config_id))
        self._later[key] = saved.over(self._later.get(key)).over(self._taken.pop(key, None))
        self._back.discard(key)
        return key

    def _add(self, key: bytes) -> None:
        self._given += 1
        self._due[-self._given] = key


def state_key(config_id: str, series: Series) -> bytes:
    """Key of a row's state record."""
    return config_id.encode() + b"\0" + series.key


def chunk_key(key: bytes, slot: int) -> bytes:
    """Key of one of the chunks of the row that has this key; it sorts behind it, before any other row's."""
    return key + b"\0" + slot.to_bytes(2, "big")


def page_key(key: bytes, slot: int) -> bytes:
    """Key of one of the slots of the pages of its memory: twice the page's number, plus the side less 1."""
    return key + b"\0\0" + slot.to_bytes(2, "big")
