"""The instances of groups that one partition holds, and their state as plain bytes.

A state record is a head, the alert, and the words of ticks and memory as they are in memory:

======  ===========================================================================================
bytes   hold
======  ===========================================================================================
0 to 7  ``AG``, the version, a zero byte; the CRC-32C (u4) of all that follows, begun with the version
8       BLAKE2b (8 bytes) of the shape that the words have (``CompiledGroup.shape``)
16      newest time in seconds (f8), vectors learned from (i8)
32      the alert, as in ``alerts.lifecycle.ALERT``
then    words of the ticks, words of the memory
======  ===========================================================================================

A record is written whole whenever its instance changed. Its key is a zero byte and the instance's key, which
no key of a series' record begins with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import ALERT, fresh_alerts
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.groups.alignment import OpenBuckets, buckets_over, clear
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import Series

KEY_PREFIX = b"\0"
"""Of every key of an instance's state record."""
_KIND, _VERSION = b"AG", 1
_START = Struct("<2sBBI")
_HEAD = Struct("<8sdq")
_WORD = 8


@dataclass(slots=True)
class Instance:
    """One instance of a group."""

    series: Series
    """The group's id as its metric, the labels of ``by``."""
    config: int
    words: NDArray[np.int64]
    """Buckets, then memory: all of its state but the alert and what stands below."""
    ticks: OpenBuckets
    memory: NDArray[np.float64]
    alert: NDArray[np.void]
    """One record of ``lifecycle.ALERT``."""
    newest: float = -np.inf
    """The latest event time seen, seconds."""
    vectors: int = 0
    """Vectors learned from since it began."""
    dirty: bool = False

    def restart(self) -> None:
        """Begin anew; an open alert stays, and is resolved by what comes."""
        clear(self.ticks)
        self.memory[:] = 0.0
        self.vectors = 0
        self.dirty = True


class Instances:
    """All instances of one partition, by key."""

    def __init__(self, plan: GroupPlan) -> None:
        self.plan = plan
        self.by_key: dict[bytes, Instance] = {}
        self.members = [0] * len(plan.configs)
        """By config: its instances."""
        self._gone: set[bytes] = set()

    def __len__(self) -> int:
        return len(self.by_key)

    @property
    def bytes_held(self) -> int:
        """Memory that they take."""
        sizes = (group.instance_bytes for group in self.plan.compiled)
        return sum(count * size for count, size in zip(self.members, sizes, strict=True))

    def add(self, series: Series) -> Instance:
        """A fresh instance; its config must be in the plan, and it must not be there yet."""
        instance = self._fresh(series, self.plan.numbers[series.metric])
        self.by_key[series.key] = instance
        self.members[instance.config] += 1
        self._gone.discard(series.key)
        return instance

    def rebind(self, plan: GroupPlan) -> None:
        """Go on under other configs: instances whose shape changed begin anew, those of configs that went
        go."""
        before, held = self.plan, self.by_key
        self.plan, self.by_key, self.members = plan, {}, [0] * len(plan.configs)
        for key, instance in held.items():
            number = plan.numbers.get(instance.series.metric)
            if number is None:
                self._gone.add(key)
            elif plan.compiled[number].shape == before.compiled[instance.config].shape:
                instance.config = number
                self._keep(key, instance)
            else:
                fresh = self._fresh(instance.series, number)
                fresh.alert, fresh.newest, fresh.dirty = instance.alert, instance.newest, True
                self._keep(key, fresh)

    def _keep(self, key: bytes, instance: Instance) -> None:
        self.by_key[key] = instance
        self.members[instance.config] += 1

    def _fresh(self, series: Series, number: int) -> Instance:
        group = self.plan.compiled[number]
        members, late = len(group.config.members), group.rules.late_buckets
        ticks_end = group.bucket_slots
        words = np.zeros(ticks_end + group.memory_words, np.int64)
        ticks = buckets_over(words[:ticks_end], members, late)
        clear(ticks)
        return Instance(series, number, words, ticks, words[ticks_end:].view(np.float64), fresh_alerts(1))

    def retire(self, heard: float) -> int:
        """Let go of instances that begin anew anyway when they come back, but for open alerts; how many
        went."""
        idle = [
            key
            for key, instance in self.by_key.items()
            if 0 < self.plan.configs[instance.config].series_ttl_s < heard - instance.newest
            and not instance.alert["open"][0]
        ]
        for key in idle:
            self.members[self.by_key.pop(key).config] -= 1
            self._gone.add(key)
        return len(idle)

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """The state records that changed since the last call; None stands for one that is gone."""
        records: list[tuple[bytes, bytes | None]] = [(KEY_PREFIX + key, None) for key in sorted(self._gone)]
        self._gone.clear()
        for key, instance in self.by_key.items():
            if instance.dirty:
                records.append((KEY_PREFIX + key, self._encode(instance)))
                instance.dirty = False
        return records

    def canonical_state(self) -> Iterator[tuple[bytes, bytes]]:
        """All state records, whether changed or not."""
        return ((KEY_PREFIX + key, self._encode(instance)) for key, instance in self.by_key.items())

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Take over state records; returns the instances.

        One of a config that the plan does not have is forgotten; one of another shape gives its alert alone.

        Raises:
            StateError: no such record, or a broken one.
            StateVersionError: it was written by a newer release.
        """
        loaded = 0
        for key, record in records:
            body = _checked(key, record)
            series = _series_of(key)
            if series.metric not in self.plan.numbers:
                self._gone.add(series.key)
                continue
            self._restore(key, self.add(series), body)
            loaded += 1
        return loaded

    def _restore(self, key: bytes, instance: Instance, body: memoryview) -> None:
        shape, newest, vectors = _HEAD.unpack_from(body)
        alert_end = _HEAD.size + ALERT.itemsize
        instance.alert = np.frombuffer(body[_HEAD.size : alert_end], ALERT).copy()
        instance.newest = newest
        if shape != self._shape_digest(instance.config):
            instance.dirty = True  # else a shape that comes back would bring back what it had learned
            return
        words = np.frombuffer(body[alert_end:], np.int64)
        if len(words) != len(instance.words):
            raise StateError(f"a state record of {len(words)} words, not {len(instance.words)}: {key[:80]!r}")
        instance.words[:] = words
        instance.vectors = vectors

    def _encode(self, instance: Instance) -> bytes:
        body = b"".join(
            (
                _HEAD.pack(self._shape_digest(instance.config), instance.newest, instance.vectors),
                instance.alert.tobytes(),
                instance.words.tobytes(),
            )
        )
        return _START.pack(_KIND, _VERSION, 0, crc32c(body, _VERSION)) + body

    def _shape_digest(self, number: int) -> bytes:
        return blake2b(repr(self.plan.compiled[number].shape).encode(), digest_size=_WORD).digest()


def _checked(key: bytes, record: bytes) -> memoryview:
    """What follows the first word of a record that is whole."""
    least = _START.size + _HEAD.size + ALERT.itemsize
    if len(record) < least or record[:2] != _KIND or len(record) % _WORD:
        raise StateError(f"no state record of a group: {record[:16]!r} of {key[:80]!r}")
    _, version, _, checksum = _START.unpack_from(record)
    if version > _VERSION:
        raise StateVersionError(
            f"the state of {key[:80]!r} has format version {version}, and this release reads up to"
            f" {_VERSION}: run the release that wrote it, or a newer one"
        )
    body = memoryview(record)[_START.size :]
    if crc32c(body, version) != checksum:
        raise StateError(f"a state record whose checksum is wrong: {key[:80]!r}")
    return body


def _series_of(key: bytes) -> Series:
    try:
        return Series.from_key(key[len(KEY_PREFIX) :])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"no key of a group's state record: {key[:80]!r}: {error}") from error
