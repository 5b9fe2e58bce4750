"""Converts an instance of a group to a state record and back.

The record is written as a whole whenever its instance changed. ``formats.state_record`` documents the
envelope and ``formats.state_keys`` the key. The body:

======  ===========================================================================
bytes   hold
======  ===========================================================================
0       BLAKE2b (8 bytes) of ``CompiledGroup.shape`` and the number of words below
8       start of the newest bucket in seconds (f8)
16      vectors learned (i8)
24      the alert, a record of ``alerts.lifecycle.ALERT``
then    words of the open buckets, then words of the detectors' state
======  ===========================================================================
"""

from hashlib import blake2b
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import ALERT, fresh_alerts
from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_record import INSTANCE, open_record, require_little_endian, seal
from anomaly_stream.groups.compiled_group import CompiledGroup
from anomaly_stream.groups.instance import Instance

_HEAD = Struct("<8sdq")
_ALERT_END = _HEAD.size + ALERT.itemsize


def encode(instance: Instance, group: CompiledGroup) -> bytes:
    """The state record of ``instance``, an instance of ``group``."""
    require_little_endian()
    head = _HEAD.pack(_shape_digest(group), instance.newest, instance.vectors)
    return seal(INSTANCE, head + instance.alert.tobytes() + instance.words.tobytes())


def open_instance(key: bytes, record: bytes) -> memoryview:
    """Check an instance's state record and return its body, for ``restore``.

    Raises:
        StateError: it is not an instance's record, or it is damaged.
        StateVersionError: this release does not read its format version.
    """
    require_little_endian()
    body = open_record(INSTANCE, key, record)
    if len(body) < _ALERT_END:
        raise StateError(f"a damaged state record of {len(record)} bytes: {key[:80]!r}")
    return body


def alert_of(body: memoryview) -> NDArray[np.void]:
    """The alert, one record of ``lifecycle.ALERT``, in the body of a state record."""
    alert = fresh_alerts(1)
    alert[:] = np.frombuffer(body[_HEAD.size : _ALERT_END], ALERT)  # padding stays zero
    return alert


def restore(instance: Instance, group: CompiledGroup, body: memoryview) -> None:
    """Read the body of a state record into ``instance``, a fresh instance of ``group``.

    If the record has another shape, only its alert and the start of its newest bucket are restored.

    Raises:
        StateError: its length contradicts its shape.
    """
    shape, instance.newest, vectors = _HEAD.unpack_from(body)
    instance.alert = alert_of(body)
    if shape != _shape_digest(group):
        instance.dirty = True  # the old record must not survive: its shape may return
        return
    words = np.frombuffer(body[_ALERT_END:], np.int64)
    if len(words) != len(instance.words):
        raise StateError(
            f"a state record of {len(words)} words, not {len(instance.words)}: {instance.series.key[:80]!r}"
        )
    instance.words[:] = words
    instance.vectors = instance.buckets_closed = vectors


def _shape_digest(group: CompiledGroup) -> bytes:
    shape = (group.shape, group.bucket_words, group.state_words)
    return blake2b(repr(shape).encode(), digest_size=8).digest()
