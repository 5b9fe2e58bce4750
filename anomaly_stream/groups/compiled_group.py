"""A group's config compiled to what its kernels take, with room for what they give."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.decision import PUBLISH_CODES, Bands, bands_of
from anomaly_stream.alerts.lifecycle import ALERT
from anomaly_stream.groups.alignment import (
    AGGREGATE_LAST,
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    LAST,
    OMIT,
    WAIT,
    AlignmentRules,
    Vectors,
    slot_count,
    tick_words,
    vector_room,
)
from anomaly_stream.groups.detectors.instance import words, work_words
from anomaly_stream.groups.detectors.registry import NAMES, mask_of
from anomaly_stream.groups.messages import member_number
from anomaly_stream.groups.verdict_dtype import GROUP_VERDICT
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.group import Aggregate, GroupConfig, Missing

CONFIG = np.dtype(
    [
        ("sensitivity", "f8"),
        ("alert_score", "f8"),
        ("min_observations", "i8"),
        ("resolve_after", "i8"),
        ("publish", "i8"),
    ]
)

_MISSING = {Missing.WAIT: WAIT, Missing.LAST: LAST, Missing.OMIT: OMIT}
_AGGREGATES = {Aggregate.LAST: AGGREGATE_LAST, Aggregate.MIN: AGGREGATE_MIN, Aggregate.MAX: AGGREGATE_MAX}
_VECTORS_AT_ONCE = 256
_WORD = 8


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """One group, compiled; ``m`` members."""

    config: GroupConfig
    numbers: NDArray[np.uint32]
    """(m,): the checksums of the members' names, sorted."""
    coordinates: NDArray[np.int64]
    """(m,): by place in ``numbers``, the member's coordinate."""
    rules: AlignmentRules
    record: np.void
    """Of ``CONFIG``."""
    bands: Bands
    detectors: tuple[tuple[str, int], ...]
    """Names and numbers of those that it uses."""
    mask: int
    """A bit for the number of each."""
    vectors: Vectors
    verdict: Records
    """One of ``GROUP_VERDICT``."""
    work: NDArray[np.float64]
    """Room for what detectors compute."""

    @property
    def tick_words(self) -> int:
        """Words of 8 bytes that an instance's open ticks take."""
        return tick_words(len(self.config.members), self.rules.late_ticks)

    @property
    def instance_bytes(self) -> int:
        """What an instance takes: ticks, memory, alert."""
        return _WORD * (self.tick_words + self.memory_words) + ALERT.itemsize

    @property
    def memory_words(self) -> int:
        """Words of 8 bytes that an instance's detectors take."""
        return int(words(self.mask, len(self.config.members)))

    @property
    def shape(self) -> tuple[object, ...]:
        """What an instance's words depend on; where this changes, instances begin anew."""
        members = tuple((member.name, str(member.aggregate)) for member in self.config.members)
        return self.config.interval_s, self.rules.late_ticks, members, self.mask


def compiled(config: GroupConfig, bands: SeverityBands) -> CompiledGroup:
    """What the kernels need of ``config``, a validated one."""
    members = len(config.members)
    late = ceil(config.lateness_s / config.interval_s)
    numbers = np.array([member_number(member.name) for member in config.members], np.uint32)
    coordinates = np.argsort(numbers)
    room = slot_count(late) + _VECTORS_AT_ONCE
    return CompiledGroup(
        config,
        numbers[coordinates],
        coordinates,
        AlignmentRules(
            config.interval_s,
            late,
            _MISSING[config.missing],
            config.tolerance_s,
            config.series_ttl_s,
            np.array([_AGGREGATES[member.aggregate] for member in config.members], np.int64),
        ),
        _record(config),
        bands_of(bands),
        tuple((name, number) for number, name in enumerate(NAMES) if name in config.detectors),
        mask_of(config.detectors),
        vector_room(room, members),
        np.zeros(1, GROUP_VERDICT),
        np.zeros(work_words(members)),
    )


def _record(config: GroupConfig) -> np.void:
    record: np.void = np.zeros(1, CONFIG)[0]
    record["sensitivity"] = config.sensitivity_score
    record["alert_score"] = config.alert_score
    record["min_observations"] = config.min_observations
    record["resolve_after"] = config.resolve_after
    record["publish"] = PUBLISH_CODES[config.publish]
    return record
