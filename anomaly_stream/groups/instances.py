"""The instances of groups that one partition holds."""

from collections.abc import Iterable, Iterator

import numpy as np

from anomaly_stream.alerts.lifecycle import is_open
from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.formats.state_keys import instance_key, parse_instance_key
from anomaly_stream.groups.instance import Instance, fresh_instance
from anomaly_stream.groups.instance_codec import alert_of, encode, open_instance, restore
from anomaly_stream.groups.missing_members import MissingMembers
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.groups.short_intervals import ShortIntervals
from anomaly_stream.model import Series


class Instances:
    """All instances of one partition, by ``Series.key``."""

    def __init__(self, plan: GroupPlan) -> None:
        self.plan = plan
        self.by_key: dict[bytes, Instance] = {}
        self.instance_counts = [0] * len(plan.configs)
        """Number of instances by config."""
        self.missing = MissingMembers()
        """Members that never sent a value, as of the last call of ``take_dirty``."""
        self.short = ShortIntervals()
        """Instances for which the ``interval`` of their group is too short, as of then."""
        self.clock = -np.inf
        """The newest time of an instance with a vector whose time has not jumped, since the start."""
        self._deleted: set[Series] = set()
        """The series of instances whose state records must be deleted."""
        self._withdrawn: list[WithdrawnAlert] = []

    def __len__(self) -> int:
        return len(self.by_key)

    @property
    def bytes_held(self) -> int:
        """Bytes of memory that all instances take."""
        sizes = (group.instance_bytes for group in self.plan.compiled)
        return sum(count * size for count, size in zip(self.instance_counts, sizes, strict=True))

    def add(self, series: Series) -> Instance:
        """A fresh instance. The plan must have its group, and ``series`` must not have an instance yet."""
        return self._keep(self._fresh(series, self.plan.numbers[series.metric]))

    def change_plan(self, plan: GroupPlan) -> None:
        """Continue under another plan.

        Instances of groups whose shape changed restart, and keep their alerts; instances of groups that are
        gone are deleted.
        """
        before, held = self.plan, self.by_key
        self.missing.clear()
        self.short.clear()
        self.plan, self.by_key, self.instance_counts = plan, {}, [0] * len(plan.configs)
        for instance in held.values():
            number = plan.numbers.get(instance.series.metric)
            if number is None:
                self._withdraw(instance.series, instance.alert[0])
            elif plan.compiled[number].shape == before.compiled[instance.config].shape:
                instance.config = number
                self._keep(instance)
            else:
                fresh = self._keep(self._fresh(instance.series, number))
                fresh.alert, fresh.newest, fresh.dirty = instance.alert, instance.newest, True

    def retire(self) -> int:
        """Delete instances without an open alert that are idle for longer than ``series_ttl``.

        They would restart with their next value anyway. Returns how many were deleted.
        """
        idle = [
            key
            for key, instance in self.by_key.items()
            if 0 < self.plan.configs[instance.config].series_ttl_s < self.clock - instance.newest
            and not is_open(instance.alert[0])
        ]
        for key in idle:
            instance = self.by_key.pop(key)
            self.instance_counts[instance.config] -= 1
            self.missing.forget(instance.series)
            self.short.forget(instance.series)
            self._deleted.add(instance.series)
        return len(idle)

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """The state records that changed since the last call; the value None deletes a record."""
        records: list[tuple[bytes, bytes | None]] = [
            (key, None) for key in sorted(instance_key(series) for series in self._deleted)
        ]
        self._deleted.clear()
        for instance in self.by_key.values():
            if instance.dirty:
                records.append((instance_key(instance.series), self._encode(instance)))
                self.missing.look_at(instance, self.plan.configs[instance.config])
                self.short.look_at(instance, self.plan.configs[instance.config])
                instance.dirty = False
        return records

    def canonical_state(self) -> Iterator[tuple[bytes, bytes]]:
        """The state records of all instances."""
        return ((instance_key(instance.series), self._encode(instance)) for instance in self.by_key.values())

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Read state records; returns the number of instances.

        The record of a group that the plan does not have is deleted at the next checkpoint.

        Raises:
            StateError: one of them is not such a record, or is damaged.
            StateVersionError: this release does not read the format version of one.
        """
        loaded = 0
        for key, record in records:
            body = open_instance(key, record)
            series = parse_instance_key(key)
            number = self.plan.numbers.get(series.metric)
            if number is None:
                self._withdraw(series, alert_of(body)[0])
                continue
            restore(self.add(series), self.plan.compiled[number], body)
            loaded += 1
        return loaded

    def take_withdrawn(self) -> list[WithdrawnAlert]:
        """The open alerts of the instances whose group was deleted since the last call."""
        withdrawn, self._withdrawn = self._withdrawn, []
        return withdrawn

    def _withdraw(self, series: Series, alert: np.void) -> None:
        """Delete the record of an instance whose group is gone."""
        self._deleted.add(series)
        if is_open(alert):
            self._withdrawn.append(WithdrawnAlert(series.metric, series, alert))

    def _encode(self, instance: Instance) -> bytes:
        return encode(instance, self.plan.compiled[instance.config])

    def _fresh(self, series: Series, number: int) -> Instance:
        return fresh_instance(series, number, self.plan.compiled[number])

    def _keep(self, instance: Instance) -> Instance:
        self.by_key[instance.series.key] = instance
        self.instance_counts[instance.config] += 1
        self._deleted.discard(instance.series)
        return instance
