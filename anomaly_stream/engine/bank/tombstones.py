"""Which state records must be deleted, and when.

If a config change deletes a row, the next checkpoint deletes its records before it writes others. The records
of an expired row are deleted by the next checkpoint as well, but after it has written everything else: the
position that it writes says that no observation before the expiry is learned again. Their keys are built in
between, because building many at once would block the event loop. A series that returns meanwhile reclaims
the records for its new row.
"""

import numpy as np

from anomaly_stream.engine.bank.footprint import ChangelogFootprint
from anomaly_stream.formats.state_keys import chunk_key, page_key, row_key
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.model import Series


class Tombstones:
    """Keys of records to delete. They have negative numbers, because rows have the numbers from 0."""

    def __init__(self) -> None:
        self._due: dict[int, bytes] = {}
        self._numbered = 0
        self._expired: dict[tuple[int, str], ChangelogFootprint] = {}
        self._built: dict[bytes, ChangelogFootprint] = {}

    @property
    def any_waiting(self) -> bool:
        """Whether records of expired rows wait for their deletion."""
        return bool(self._expired or self._built)

    @property
    def keys_to_build(self) -> int:
        """Number of expired rows whose keys are not built yet."""
        return len(self._expired)

    def add(self, key: bytes, chunk_keys: int = 0, pages: int = 0) -> None:
        """Delete the record of this key with the next checkpoint.

        So are the chunks with key indices below ``chunk_keys``, and both copies of the first ``pages`` pages.
        """
        for each in (key, *_part_keys(key, chunk_keys, pages)):
            self._numbered += 1
            self._due[-self._numbered] = each

    def add_expired(self, series: int, config_id: str, footprint: ChangelogFootprint) -> None:
        """The row of this series under this config expired; ``build_keys`` builds its keys later."""
        self._expired[series, config_id] = footprint.over(self._expired.get((series, config_id)))

    def build_keys(self, series: list[Series], most: int) -> None:
        """Build the keys of at most ``most`` expired rows; ``series`` are all series, by number."""
        for number, config_id in list(self._expired)[:most]:
            key = row_key(config_id, series[number])
            footprint = self._expired.pop((number, config_id))
            self._built[key] = footprint.over(self._built.get(key))

    def reclaim(self, number: int, config_id: str, series: Series) -> ChangelogFootprint | None:
        """Keep the records of a series that has a row again: they belong to the new row.

        Returns the old row's footprint, which the new row inherits; None: no records are waiting.
        """
        newer = self._expired.pop((number, config_id), None)
        older = self._built.pop(row_key(config_id, series), None)
        return newer.over(older) if newer is not None else older

    def take_expired(self, series: list[Series]) -> tuple[list[bytes], list[bytes]]:
        """The keys of the heads of expired rows, and of their chunks and pages."""
        self.build_keys(series, self.keys_to_build)
        heads, parts = list(self._built), list[bytes]()
        for key, footprint in self._built.items():
            parts += _part_keys(key, footprint.chunk_keys, len(footprint.page_copies))
        self._built.clear()
        return heads, parts

    def numbers(self) -> Integers:
        """The negative numbers of the keys that are due."""
        return np.fromiter(self._due, np.int64, len(self._due))

    def key(self, number: int) -> bytes:
        """The key that a negative number stands for."""
        return self._due[number]

    def clear(self, numbers: Integers) -> None:
        """Mark these as deleted."""
        for number in numbers.tolist():
            self._due.pop(number, None)


def _part_keys(key: bytes, chunk_keys: int, pages: int) -> list[bytes]:
    chunks = [chunk_key(key, key_index) for key_index in range(chunk_keys)]
    return chunks + [page_key(key, page_copy) for page_copy in range(2 * pages)]
