"""The pure pipeline of groups for one partition: decode messages, align values to vectors, judge vectors."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.errors import MessageError
from anomaly_stream.formats.outcomes import Output, Publication
from anomaly_stream.groups.alignment import align
from anomaly_stream.groups.buckets import AHEAD, BEFORE, FILLED, INCOMPLETE, LATE, NEVER, NEWEST
from anomaly_stream.groups.compiled_group import CompiledGroup
from anomaly_stream.groups.events import alert_event, score_record
from anomaly_stream.groups.instance import Instance
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.judge import Judgement, judge
from anomaly_stream.groups.messages import decode_values
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import (
    Fault,
    FaultReason,
    RecordColumns,
    Series,
    Source,
    Transition,
)
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.model.limits import InstancesReached


class GroupStage:
    """Decodes, aligns and judges for the instances of one partition."""

    def __init__(self, plan: GroupPlan) -> None:
        self.instances = Instances(plan)
        self._full: set[str] = set()

    def change_plan(self, plan: GroupPlan) -> None:
        """Continue under other groups; ``Instances.change_plan`` says which instances restart."""
        self.instances.change_plan(plan)

    def process(self, records: RecordColumns) -> Output:
        """Judge ``records`` of the groups topic, and update the state."""
        output = Output([], [], [], [], [])
        for row in range(len(records)):
            try:
                self._take(records, row, output)
            except MessageError as error:
                output.faults.append(Fault(row, FaultReason.MALFORMED, str(error)))
        return output

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """The state records that changed since the last call; None marks a deleted one."""
        self.instances.retire()
        return self.instances.take_dirty()

    def _take(self, records: RecordColumns, row: int, output: Output) -> None:
        key, message = records.key(row), records.value(row)
        if key is None or message is None:
            raise MessageError("a message of the groups topic must have a key and a value")
        values = decode_values(message)
        counts = output.group_counts
        counts.values += len(values)
        if not len(values):
            return
        instance = self._instance(key, len(values), output, row)
        if instance is None:
            return
        source = Source(records.topic, records.partition, int(records.offset[row]))
        group = self.instances.plan.compiled[instance.config]
        for judgement in self._judgements(instance, group, values, counts, row):
            if judgement.publish:
                record = score_record(group.config, instance, judgement, source)
                output.scores.append(Publication(key, record, row))
            if judgement.transition is not Transition.NONE:
                alert_key, event = alert_event(group.config, instance, judgement, source)
                output.alerts.append(Publication(alert_key, event, row))
        self._note_time(instance, group)
        instance.dirty = True

    def _note_time(self, instance: Instance, group: CompiledGroup) -> None:
        """Note the newest time of an instance. Only one whose buckets have not jumped ages the others."""
        head = instance.buckets.head
        instance.newest = float(head[NEWEST] * group.rules.interval) if head[NEWEST] != NEVER else -np.inf
        if instance.vectors > 0 and head[BEFORE] == NEVER:
            self.instances.clock = max(self.instances.clock, instance.newest)

    def _judgements(
        self,
        instance: Instance,
        group: CompiledGroup,
        values: NDArray[np.void],
        counts: GroupCounts,
        row: int,
    ) -> Iterator[Judgement]:
        """The reported verdicts that these values cause, in order."""
        place = np.minimum(np.searchsorted(group.numbers, values["member"]), len(group.numbers) - 1)
        known = group.numbers[place] == values["member"]
        members = np.where(known, group.coordinates[place], -1)
        counts.note("unmatched", int((~known).sum()), row, instance.series)
        learn, times, numbers = (np.ascontiguousarray(values[name]) for name in ("learn", "time", "value"))
        begin, anomalies = 0, np.zeros(len(counts.anomalies), np.int64)
        while begin < len(values):
            begin, closed, restart = align(
                instance.buckets, group.rules, members, learn, times, numbers, begin, group.vectors
            )
            head = instance.buckets.head
            counts.note("late", int(head[LATE]), row, instance.series)
            counts.note("ahead", int(head[AHEAD]), row, instance.series)
            counts.note("incomplete", int(head[INCOMPLETE]), row, instance.series)
            now_closed = closed + int(head[INCOMPLETE])
            instance.buckets_closed = instance.buckets_closed + now_closed if head[FILLED] != NEVER else 0
            head[LATE] = head[AHEAD] = head[INCOMPLETE] = 0
            counts.vectors += closed
            yield from judge(group, instance, closed, anomalies)
            if restart:
                instance.restart()
        counts.anomalies = (anomalies + counts.anomalies).tolist()

    def _instance(self, key: bytes, values: int, output: Output, row: int) -> Instance | None:
        """The instance of this key; None if no group has it or its limit is reached: values are counted."""
        instance = self.instances.by_key.get(key)
        if instance is not None:
            return instance
        try:
            series = Series.from_key(key)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MessageError(f"not the key of an instance: {error}") from None
        if series.key != key:
            raise MessageError("the key of an instance is not in its canonical form")
        number = self.instances.plan.numbers.get(series.metric)
        if number is None:
            output.group_counts.note("unmatched", values, row, series)
            return None
        config = self.instances.plan.configs[number]
        if self.instances.instance_counts[number] < config.max_instances:
            return self.instances.add(series)
        output.group_counts.note("refused", values, row, series)
        if config.id not in self._full:
            self._full.add(config.id)
            output.limits.append(InstancesReached(config.id, config.max_instances))
        return None
