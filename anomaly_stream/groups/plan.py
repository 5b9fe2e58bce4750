"""Group configs compiled: which series is which member of which instance."""

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
    """A series' place in a group."""

    instance: Series
    """The group's id as its metric, the labels of ``by``."""
    member: int
    """``member_number`` of its name."""


@dataclass(frozen=True)
class GroupPlan:
    """What the stage of groups needs to know of the configs. Made by ``compile_groups``."""

    configs: tuple[GroupConfig, ...] = ()
    """By id."""
    compiled: tuple[CompiledGroup, ...] = ()
    """The same for the kernels."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """By id: its place in ``configs``."""

    def memberships(self, series: Series) -> tuple[MemberPlace, ...]:
        """Where ``series`` belongs. A series without one of a group's ``by`` labels belongs to none of its
        instances."""
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
    """The plan for ``configs`` (validated ones, each id once).

    Raises:
        ConfigError: a config that names no known detector, or whose members cannot be told apart.
    """
    ordered = tuple(sorted(configs, key=lambda config: config.id))
    faults = [
        FieldFault(f"{config.id}.detectors", f"there is no detector of groups {name!r}")
        for config in ordered
        for name in config.detectors
        if name not in NAMES
    ]
    faults += [
        FieldFault(f"{config.id}.members", "names of two members have one checksum: rename one")
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
