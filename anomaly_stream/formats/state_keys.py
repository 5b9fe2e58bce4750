"""Keys of state records, in the changelog and in RocksDB.

==============  ====================================================================================
record          key
==============  ====================================================================================
head of a row   id of the config, a zero byte, ``Series.key``
chunk of a row  key of the head, one zero byte, the chunk's key index (2 bytes, big-endian)
page of a row   key of the head, two zero bytes, ``2 * page + copy`` (2 bytes, big-endian); copy A is 0,
                copy B is 1
position        the byte 1 and ``position``: one for the partition
overflow        the byte 1 and ``overflow``: one for the partition
ownership       the byte 1, ``owner:``, id of the config
withdrawal      the byte 1, ``resolved:``, fingerprint of the alert, a colon, id of the alert
instance        a zero byte, ``Series.key`` of the instance
==============  ====================================================================================

Neither the id of a config nor the key of a series contains a zero byte. In sorted order, the chunks and pages
of a row follow its head directly, before any record of another row.
"""

from anomaly_stream.errors import StateError
from anomaly_stream.model import Series

INSTANCE_PREFIX = b"\0"
"""The first byte of every instance key. No row key starts with it."""
POSITION_KEY = b"\1position"
"""Key of the record that says up to where the state includes the source topics."""
PARTITION_PREFIX = b"\1"
"""The first byte of the keys of records of the partition as a whole. No row key starts with it."""
OVERFLOW_KEY = b"\1overflow"
"""Key of the record of open overflow alerts."""
OWNERSHIP_PREFIX = b"\1owner:"
WITHDRAWAL_PREFIX = b"\1resolved:"
_CHUNK_MARK, _PAGE_MARK = b"\0", b"\0\0"
_NUMBER_BYTES = 2
_SHOWN = 80


def row_key(config_id: str, series: Series) -> bytes:
    """Key of the head of a row."""
    return config_id.encode() + b"\0" + series.key


def chunk_key(row: bytes, key_index: int) -> bytes:
    """Key of a chunk of the row whose head has the key ``row``."""
    return row + _CHUNK_MARK + key_index.to_bytes(_NUMBER_BYTES, "big")


def page_key(row: bytes, page_copy: int) -> bytes:
    """Key of a copy of a page; ``page_copy`` is ``2 * page + copy``."""
    return row + _PAGE_MARK + page_copy.to_bytes(_NUMBER_BYTES, "big")


def instance_key(series: Series) -> bytes:
    """Key of an instance of a group."""
    return INSTANCE_PREFIX + series.key


def ownership_key(config_id: str) -> bytes:
    """Key of the ownership of a config."""
    return OWNERSHIP_PREFIX + config_id.encode()


def withdrawal_key(fingerprint: bytes, alert_id: str) -> bytes:
    """Key of the event that resolves a withdrawn alert."""
    return WITHDRAWAL_PREFIX + fingerprint + b":" + alert_id.encode()


def fingerprint_of(key: bytes) -> bytes:
    """The fingerprint in the key of a withdrawal."""
    return key.removeprefix(WITHDRAWAL_PREFIX).partition(b":")[0]


def is_chunk_of(key: bytes, row: bytes) -> bool:
    """Whether ``key`` belongs to a chunk of the row whose head has the key ``row``."""
    return len(key) == len(row) + len(_CHUNK_MARK) + _NUMBER_BYTES and key.startswith(row)


def is_page_of(key: bytes, row: bytes) -> bool:
    """Whether ``key`` belongs to a page of the row whose head has the key ``row``."""
    return len(key) == len(row) + len(_PAGE_MARK) + _NUMBER_BYTES and key.startswith(row)


def is_part(key: bytes) -> bool:
    """Whether ``key`` belongs to a chunk or a page of any row."""
    return key.count(b"\0", 0, -_NUMBER_BYTES) > 1


def part_number(key: bytes) -> int:
    """The key index of a chunk, or ``2 * page + copy`` of a page."""
    return int.from_bytes(key[-_NUMBER_BYTES:], "big")


def parse_row_key(key: bytes) -> tuple[bytes, Series]:
    """The config's id (UTF-8) and the series of a head's key.

    Raises:
        StateError: it is not the key of a head.
    """
    config_id, zero, series = key.partition(b"\0")
    if not zero:
        raise StateError(f"not the key of a state record: {key[:_SHOWN]!r}")
    return config_id, _parse_series(series, key)


def parse_instance_key(key: bytes) -> Series:
    """The series of an instance's key: its metric is the id of the group.

    Raises:
        StateError: it is not the key of an instance.
    """
    return _parse_series(key.removeprefix(INSTANCE_PREFIX), key)


def _parse_series(series: bytes, key: bytes) -> Series:
    try:
        return Series.from_key(series)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"not the key of a state record: {key[:_SHOWN]!r}: {error}") from error
