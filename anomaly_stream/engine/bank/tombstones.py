"""Which state records must be deleted, and when.

If a config change deletes a row, the next checkpoint deletes its records. The records of an
expired row are deleted once the offsets up to its expiry are committed: otherwise a replay could meet
observations of a row without a record, and learn them a second time. An expired row passes three states:

1. expired; its keys are not built yet, because building many at once would block the event loop;
2. its keys are built, and it waits for the next checkpoint;
3. that checkpoint is taken, and it waits for the commit of its offsets. Then its records are due.

A series that returns meanwhile reclaims the records for its new row.
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
        self._awaiting_checkpoint: dict[bytes, ChangelogFootprint] = {}
        self._awaiting_commit: dict[bytes, ChangelogFootprint] = {}
        self._reclaimed: set[bytes] = set()

    @property
    def any_waiting(self) -> bool:
        """Whether records of expired rows wait for their deletion."""
        return bool(self._expired or self._awaiting_checkpoint or self._awaiting_commit)

    @property
    def keys_to_build(self) -> int:
        """Number of expired rows whose keys are not built yet."""
        return len(self._expired)

    def add(self, key: bytes, chunk_keys: int = 0, pages: int = 0) -> None:
        """Delete the record of this key with the next checkpoint.

        So are the chunks with key indices below ``chunk_keys``, and both copies of the first ``pages`` pages.
        """
        self._add(key)
        for key_index in range(chunk_keys):
            self._add(chunk_key(key, key_index))
        for page_copy in range(2 * pages):
            self._add(page_key(key, page_copy))

    def add_expired(self, series: int, config_id: str, footprint: ChangelogFootprint) -> None:
        """The row of this series under this config expired; ``build_keys`` builds its keys later."""
        self._expired[series, config_id] = footprint.over(self._expired.get((series, config_id)))

    def build_keys(self, series: list[Series], most: int) -> None:
        """Build the keys of at most ``most`` expired rows; ``series`` are all series, by number."""
        for number, config_id in list(self._expired)[:most]:
            self._build_key(number, config_id, series[number])

    def reclaim(self, number: int, config_id: str, series: Series) -> ChangelogFootprint | None:
        """Keep the records of a series that has a row again: they belong to the new row.

        Returns the old row's footprint, which the new row inherits; None: no records are waiting.
        """
        key = row_key(config_id, series)
        if (number, config_id) in self._expired:
            key = self._build_key(number, config_id, series)
        newer, older = self._awaiting_checkpoint.get(key), self._awaiting_commit.get(key)
        if newer is None and older is None:
            return None
        self._reclaimed.add(key)
        return newer.over(older) if newer is not None else older

    def checkpoint_taken(self) -> None:
        """A checkpoint was taken. Rows that expired before it are due once its offsets are committed."""
        for key, footprint in self._awaiting_checkpoint.items():
            self._awaiting_commit[key] = footprint.over(self._awaiting_commit.get(key))
        self._awaiting_checkpoint.clear()

    def offsets_committed(self) -> None:
        """The offsets of the last checkpoint are committed."""
        for key, footprint in self._awaiting_commit.items():
            if key not in self._reclaimed:
                self.add(key, footprint.chunk_keys, len(footprint.page_copies))
            self._reclaimed.discard(key)
        self._awaiting_commit.clear()

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

    def _build_key(self, number: int, config_id: str, series: Series) -> bytes:
        key = row_key(config_id, series)
        footprint = self._expired.pop((number, config_id)).over(self._awaiting_checkpoint.get(key))
        self._awaiting_checkpoint[key] = footprint.over(self._awaiting_commit.pop(key, None))
        self._reclaimed.discard(key)
        return key

    def _add(self, key: bytes) -> None:
        self._numbered += 1
        self._due[-self._numbered] = key
