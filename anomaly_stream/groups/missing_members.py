"""The members of groups that never sent a value to an instance."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anomaly_stream.groups.buckets import NEVER
from anomaly_stream.groups.instance import Instance
from anomaly_stream.model import Series
from anomaly_stream.model.group import GroupConfig, GroupMember

LEAST_BUCKETS = 30
"""A member is missing if it has sent nothing while this many buckets closed with values of other members."""


class MissingMember(NamedTuple):
    """A member that never sent a value to an instance."""

    group: GroupConfig
    member: GroupMember
    instance: Series


class MissingMembers:
    """The missing members of the instances of one partition. It is a report and decides nothing."""

    def __init__(self) -> None:
        self._by_instance: dict[Series, Sequence[MissingMember]] = {}

    def look_at(self, instance: Instance, group: GroupConfig) -> None:
        """Note which members of ``instance`` are missing now."""
        missing: list[MissingMember] = []
        if instance.buckets_closed >= LEAST_BUCKETS:
            missing = [
                MissingMember(group, group.members[place], instance.series)
                for place in np.flatnonzero(instance.buckets.newest == NEVER).tolist()
            ]
        if missing:
            self._by_instance[instance.series] = missing
        else:
            self._by_instance.pop(instance.series, None)

    def forget(self, instance: Series) -> None:
        """The instance is gone."""
        self._by_instance.pop(instance, None)

    def clear(self) -> None:
        """The configs changed: instances are looked at again when they change."""
        self._by_instance.clear()

    def __iter__(self) -> Iterator[MissingMember]:
        return (member for missing in self._by_instance.values() for member in missing)
