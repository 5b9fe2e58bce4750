"""The baselines topic on the disk of a worker: one RocksDB database, kept up to date by one reader.

Baselines can be many and large, and a worker needs one only when its series has a value. So they are held on
disk, and memory holds one number for each config.

==============================  ============================================================
key                             value
==============================  ============================================================
``g``                           generation of the topic, and the next offset to read (2 i8)
``n`` and the id of a config    the highest offset of its baselines (i8)
``b`` and the key of a row      offset (i8), then the baseline record
==============================  ============================================================
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from typing import Any

import rocksdict
from mode.utils.logging import get_logger

from anomaly_stream.engine.checkpoint.baseline_record import read_header
from anomaly_stream.engine.loaded_baselines import StoredBaseline
from anomaly_stream.errors import StateError
from anomaly_stream.kafka.baselines_topic import BaselineBatch, BaselineMessage

logger = get_logger(__name__)

_POSITION = Struct("<qq")
_OFFSET = Struct("<q")
_POSITION_KEY = b"g"
_NEWEST, _BASELINE = b"n", b"b"
_WRITE_BUFFER_BYTES = 16 * 2**20


class BaselineDatabase:
    """The baselines by row, as ``engine.loaded_baselines.BaselineStore``.

    Args:
        path: the directory of the database.
        generation: that of the topic. A database of another generation is emptied.

    Raises:
        StateError: it cannot be opened, for example because the disk is full.
    """

    def __init__(self, path: Path, generation: int) -> None:
        self._db = _open(path)
        held = self._db.get(_POSITION_KEY)
        if held is not None and _POSITION.unpack(held)[0] != generation:
            self._db.close()
            shutil.rmtree(path)
            self._db, held = _open(path), None
        self._generation = generation
        self.next_offset = 0 if held is None else int(_POSITION.unpack(held)[1])
        """The next offset to read."""
        self.refused = 0
        """Records that are no baselines; each is logged."""
        self._newest = {key[1:]: _OFFSET.unpack(value)[0] for key, value in self._with_prefix(_NEWEST)}

    def newest(self, config_id: str) -> int:
        """The highest offset of a baseline of this config; -1: it has none."""
        return int(self._newest.get(config_id.encode(), -1))

    def find(self, key: bytes) -> StoredBaseline | None:
        """The newest baseline of a row; None: it has none."""
        held = self._db.get(_BASELINE + key)
        return None if held is None else StoredBaseline(_OFFSET.unpack_from(held)[0], held[_OFFSET.size :])

    def apply(self, batch: BaselineBatch) -> list[bytes]:
        """Write the records of the topic that follow; returns the keys of the baselines that were added."""
        writes = rocksdict.WriteBatch(raw_mode=True)
        added: dict[bytes, None] = {}
        newest = dict(self._newest)
        for message in batch.messages:
            forgotten = message.forgotten_config
            if forgotten is not None:
                writes.delete_range(_BASELINE + forgotten + b"\0", _BASELINE + forgotten + b"\1")
                writes.delete(_NEWEST + forgotten)
                newest.pop(forgotten, None)
                added = {key: None for key in added if not key.startswith(forgotten + b"\0")}
            elif message.value is None:
                writes.delete(_BASELINE + message.key)
            elif self._is_valid(message):
                config_id = message.key.partition(b"\0")[0]
                newest[config_id] = message.offset
                writes.put(_BASELINE + message.key, _OFFSET.pack(message.offset) + message.value)
                writes.put(_NEWEST + config_id, _OFFSET.pack(message.offset))
                added[message.key] = None
        writes.put(_POSITION_KEY, _POSITION.pack(self._generation, batch.next_offset))
        self._db.write(writes)
        self._newest, self.next_offset = newest, batch.next_offset
        return list(added)

    def close(self) -> None:
        """Release the lock of the database."""
        self._db.close()

    def _is_valid(self, message: BaselineMessage) -> bool:
        try:
            read_header(message.key, message.value or b"")
        except StateError as error:
            self.refused += 1
            logger.error("Offset %d of the baselines topic is not used: %s", message.offset, error)
            return False
        return True

    def _with_prefix(self, prefix: bytes) -> Sequence[tuple[bytes, bytes]]:
        found = []
        for key, value in self._db.items(from_key=prefix):
            if not key.startswith(prefix):
                break
            found.append((bytes(key), bytes(value)))
        return found


def _open(path: Path) -> Any:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_max_open_files(256)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return rocksdict.Rdict(str(path), options)
    except Exception as error:  # rocksdict raises nothing narrower
        raise StateError(f"the database of loaded baselines cannot be opened: {error}") from error
