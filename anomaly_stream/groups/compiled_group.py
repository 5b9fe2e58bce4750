"""A group's config, compiled for its kernels, with buffers for their results."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.decision import PUBLISH_CODES, Bands, bands_of
from anomaly_stream.alerts.lifecycle import ALERT
from anomaly_stream.alerts.rules import RULES, compile_rules
from anomaly_stream.groups.buckets import (
    AGGREGATE_LAST,
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    LAST,
    OMIT,
    WAIT,
    AlignmentRules,
    Vectors,
    bucket_words,
    open_bucket_count,
    vector_room,
)
from anomaly_stream.groups.detectors.instance_layout import InstanceLayout, layout_of
from anomaly_stream.groups.detectors.registry import NAMES, default_of, mask_of
from anomaly_stream.groups.messages import member_number
from anomaly_stream.groups.verdict_dtype import GROUP_VERDICT
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.group import Aggregate, GroupConfig, Missing

CONFIG = np.dtype([*RULES, ("sensitivity", "f8"), ("min_observations", "i8"), ("publish", "i8")], align=True)

_MISSING = {Missing.WAIT: WAIT, Missing.LAST: LAST, Missing.OMIT: OMIT}
_AGGREGATES = {Aggregate.LAST: AGGREGATE_LAST, Aggregate.MIN: AGGREGATE_MIN, Aggregate.MAX: AGGREGATE_MAX}
_VECTORS_AT_ONCE = 256
_WORD = 8


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """One group, compiled; ``m`` members."""

    config: GroupConfig
    numbers: NDArray[np.uint32]
    """(m,): the sorted checksums of the members' names."""
    coordinates: Integers
    """(m,): the coordinate of each member in the order of ``numbers``."""
    rules: AlignmentRules
    record: np.void
    """The config as a record of ``CONFIG``."""
    bands: Bands
    detectors: tuple[tuple[str, int], ...]
    """Names and numbers of its detectors."""
    layout: InstanceLayout
    vectors: Vectors
    verdict: Records
    """Room for one verdict, a record of ``GROUP_VERDICT``."""
    work: Floats
    """The work space of the detectors."""

    @property
    def bucket_words(self) -> int:
        """Length of an instance's open buckets, in words of 8 bytes."""
        return bucket_words(len(self.config.members), self.rules.late_buckets)

    @property
    def instance_bytes(self) -> int:
        """Size of an instance: open buckets, detector state, alert."""
        return _WORD * (self.bucket_words + self.state_words) + ALERT.itemsize

    @property
    def state_words(self) -> int:
        """Length of an instance's detector state, in words of 8 bytes."""
        return self.layout.words

    @property
    def shape(self) -> tuple[object, ...]:
        """The properties that the state of an instance depends on. If they change, instances restart."""
        members = tuple((member.name, str(member.aggregate)) for member in self.config.members)
        return self.config.interval_s, self.rules.late_buckets, members, mask_of(dict(self.detectors))


def compiled(config: GroupConfig, bands: SeverityBands) -> CompiledGroup:
    """Compile a validated config."""
    members = len(config.members)
    late = ceil(config.lateness_s / config.interval_s)
    numbers = np.array([member_number(member.name) for member in config.members], np.uint32)
    coordinates = np.argsort(numbers)
    room = open_bucket_count(late) + _VECTORS_AT_ONCE
    detectors = config.detectors or default_of(config.interval_s)
    layout = layout_of(detectors, members, config.min_observations)
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
        tuple((name, number) for number, name in enumerate(NAMES) if name in detectors),
        layout,
        vector_room(room, members),
        np.zeros(1, GROUP_VERDICT),
        np.zeros(layout.work_words),
    )


def _record(config: GroupConfig) -> np.void:
    record: np.void = np.zeros(1, CONFIG)[0]
    compile_rules(record, config, resolve_below=np.inf)  # ``detectors.hysteresis`` decides what is normal
    record["sensitivity"] = config.sensitivity_score
    record["min_observations"] = config.min_observations
    record["publish"] = PUBLISH_CODES[config.publish]
    return record
