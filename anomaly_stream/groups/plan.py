"""The compiled configs of groups, and the groups that a series belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.groups.compiled_group import CompiledGroup, compiled
from anomaly_stream.groups.detectors.registry import NAMES
from anomaly_stream.groups.messages import member_number
from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.matching import selects


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """The place of a series in a group."""

    instance: Series
    """The group's id as its metric, the labels of ``by``."""
    member: int
    """``member_number`` of its name."""


@dataclass(frozen=True)
class GroupPlan:
    """All groups, compiled by ``compile_groups``."""

    configs: tuple[GroupConfig, ...] = ()
    """The configs, sorted by id."""
    compiled: tuple[CompiledGroup, ...] = ()
    """The same configs, compiled for the kernels."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The index in ``configs`` by id."""

    def memberships(self, series: Series) -> tuple[MemberPlace, ...]:
        """The groups and members that ``series`` belongs to.

        A series that lacks one of a group's ``by`` labels belongs to none of its instances.
        """
        labels = dict(series.labels)
        found = []
        for config in self.configs:
            if not all(name in labels for name in config.by):
                continue
            instance = Series.of(config.id, {name: labels[name] for name in config.by})
            found += [
                MemberPlace(instance, member_number(member.name))
                for member in config.members
                if selects(member.metric, member.matchers, series)
            ]
        return tuple(found)


def compile_groups(configs: Sequence[GroupConfig], bands: SeverityBands) -> GroupPlan:
    """Compile validated configs with unique ids.

    Raises:
        ConfigError: a config names an unknown detector, or two of its members have the same checksum.
    """
    ordered = tuple(sorted(configs, key=lambda config: config.id))
    faults = [
        FieldFault(f"{config.id}.detectors", f"there is no detector of groups {name!r}")
        for config in ordered
        for name in config.detectors
        if name not in NAMES
    ]
    faults += [
        FieldFault(f"{config.id}.members", "the names of two members have the same checksum: rename one")
        for config in ordered
        if len({member_number(member.name) for member in config.members}) < len(config.members)
    ]
    if faults:
        raise ConfigError(tuple(faults))
    return GroupPlan(
        ordered,
        tuple(compiled(config, bands) for config in ordered),
        {config.id: number for number, config in enumerate(ordered)},
    )
