"""Messages of magic 0 and 1, rewritten as a record batch of magic 2 so that one walk reads them all.

Brokers before 0.11 wrote them; their logs may still hold some. aiokafka reads them, record by record.
"""

import struct

from aiokafka.errors import CorruptRecordException, KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatch

from anomaly_stream.kernels.batch_headers import CODEC_MASK, MAGIC_POSITION
from anomaly_stream.stream.batch_bodies import CODEC_NONE, BatchBodies

_ATTRIBUTES_POSITION = 17
_KEY_POSITION = (18, 26)
"""Where a message of magic 0 and of magic 1 has the length of its key."""
_SIZE = struct.Struct(">i")
_NO_TIMESTAMP = -1
_NO_PRODUCER = -1
_UNBOUNDED = 2**31 - 1


def upgraded(message: memoryview, check_crc: bool) -> memoryview:
    """One message (or compressed set of messages) as an uncompressed batch of magic 2.

    Offsets, times, keys and values are kept; magic 0 has no times, which -1 says. Raises
    CorruptRecordException where aiokafka cannot read it or its checksum is wrong.
    """
    try:
        batch = LegacyRecordBatch(message, message[MAGIC_POSITION])
        if check_crc and not batch.validate_crc():
            raise CorruptRecordException("Invalid CRC")
        _refuse_bomb(message)
        records = list(batch)
    except KafkaError:
        raise
    except Exception as error:  # whatever a foreign parser makes of corrupt bytes
        raise CorruptRecordException(f"A message of the old format cannot be read: {error!r}") from error
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=_NO_PRODUCER,
        producer_epoch=_NO_PRODUCER,
        base_sequence=_NO_PRODUCER,
        batch_size=_UNBOUNDED,
    )
    base = records[0].offset if records else batch.next_offset - 1
    for record in records:
        timestamp = _NO_TIMESTAMP if record.timestamp is None else record.timestamp
        builder.append(record.offset - base, timestamp, record.key, record.value, [])
    rewritten = builder.build()
    struct.pack_into(">q", rewritten, 0, base)
    return memoryview(rewritten)


def _refuse_bomb(message: memoryview) -> None:
    """Decompress a set of messages once within the limit, since aiokafka knows of none."""
    codec = message[_ATTRIBUTES_POSITION] & CODEC_MASK
    if codec == CODEC_NONE:
        return
    position = _KEY_POSITION[message[MAGIC_POSITION]]
    (key_size,) = _SIZE.unpack_from(message, position)
    position += _SIZE.size + max(key_size, 0)
    (size,) = _SIZE.unpack_from(message, position)
    body = message[position + _SIZE.size :][: max(size, 0)]
    BatchBodies(len(body)).append(codec, body)
