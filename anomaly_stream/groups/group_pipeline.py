"""One partition's pure chain of groups: messages to values, values to vectors, vectors to verdicts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.errors import MessageError
from anomaly_stream.formats.outcomes import Publication, encode_alert, encode_score
from anomaly_stream.groups.alignment import INCOMPLETE, LATE, align
from anomaly_stream.groups.compiled_group import CompiledGroup
from anomaly_stream.groups.events import alert_event, score_record
from anomaly_stream.groups.instance import Instance
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.judge import Judgement, judge
from anomaly_stream.groups.messages import decode_values
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import (
    AlertEvent,
    Fault,
    FaultReason,
    RecordColumns,
    ScoreRecord,
    Series,
    Severity,
    Source,
    Transition,
)
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.model.limits import InstancesReached


@dataclass(slots=True)
class GroupVerdicts:
    """What became of a run of the groups topic, before encoding; rows are those of the ``RecordColumns``."""

    counts: GroupCounts = field(default_factory=GroupCounts)
    faults: list[Fault] = field(default_factory=list)
    scores: list[tuple[int, bytes, ScoreRecord]] = field(default_factory=list)
    """Row, key, record."""
    alerts: list[tuple[int, bytes, AlertEvent]] = field(default_factory=list)
    limits: list[InstancesReached] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupOutput:
    """The same as bytes for the topics."""

    counts: GroupCounts
    faults: list[Fault]
    scores: list[Publication]
    alerts: list[Publication]
    alert_statuses: list[str]
    limits: list[InstancesReached]


class GroupStage:
    """Decode, align, judge, for the instances of one partition."""

    def __init__(self, plan: GroupPlan) -> None:
        self.instances = Instances(plan)
        self._heard = -np.inf
        self._full: set[str] = set()

    def rebind(self, plan: GroupPlan) -> None:
        """Go on under a changed set of groups; see ``Instances.rebind`` for what restarts."""
        self.instances.rebind(plan)

    def evaluate(self, records: RecordColumns) -> GroupVerdicts:
        """Decide on ``records`` of the groups topic; the state moves on."""
        verdicts = GroupVerdicts()
        for row in range(len(records)):
            try:
                self._take(records, row, verdicts)
            except MessageError as error:
                verdicts.faults.append(Fault(row, FaultReason.MALFORMED, str(error)))
        return verdicts

    def process(self, records: RecordColumns) -> GroupOutput:
        """As ``evaluate``, encoded."""
        verdicts = self.evaluate(records)
        return GroupOutput(
            verdicts.counts,
            verdicts.faults,
            [Publication(key, encode_score(record), row) for row, key, record in verdicts.scores],
            [Publication(key, encode_alert(event), row) for row, key, event in verdicts.alerts],
            [event.status for _, _, event in verdicts.alerts],
            verdicts.limits,
        )

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """The state records that changed since the last call; None stands for one that is gone."""
        self.instances.retire(self._heard)
        return self.instances.take_dirty()

    def _take(self, records: RecordColumns, row: int, verdicts: GroupVerdicts) -> None:
        key, message = records.key(row), records.value(row)
        if key is None or message is None:
            raise MessageError("a message of the groups topic has a key and a value")
        values = decode_values(message)
        counts = verdicts.counts
        counts.values += len(values)
        if not len(values):
            return
        instance = self._instance(key, len(values), verdicts)
        if instance is None:
            return
        newest = float(values["time"].max())
        self._heard = max(self._heard, newest)
        source = Source(records.topic, records.partition, int(records.offset[row]))
        group = self.instances.plan.compiled[instance.config]
        for judgement in self._judgements(instance, group, values, counts):
            if judgement.publish:
                verdicts.scores.append((row, key, score_record(group.config, instance, judgement, source)))
            if judgement.transition is not Transition.NONE:
                alert_key, event = alert_event(group.config, instance, judgement, source)
                verdicts.alerts.append((row, alert_key, event))
        instance.newest = max(instance.newest, newest)
        instance.dirty = True

    def _judgements(
        self, instance: Instance, group: CompiledGroup, values: NDArray[np.void], counts: GroupCounts
    ) -> Iterator[Judgement]:
        """The verdicts that these values bring about, in order."""
        place = np.minimum(np.searchsorted(group.numbers, values["member"]), len(group.numbers) - 1)
        known = group.numbers[place] == values["member"]
        members = np.where(known, group.coordinates[place], -1)
        counts.unmatched += int((~known).sum())
        learn, times, numbers = (np.ascontiguousarray(values[name]) for name in ("learn", "time", "value"))
        begin = 0
        while begin < len(values):
            begin, closed, restart = align(
                instance.ticks, group.rules, members, learn, times, numbers, begin, group.vectors
            )
            head = instance.ticks.head
            counts.late += int(head[LATE])
            counts.incomplete += int(head[INCOMPLETE])
            head[LATE] = head[INCOMPLETE] = 0
            counts.vectors += closed
            for judgement in judge(group, instance, closed):
                if judgement.severity is not Severity.NONE:
                    counts.anomalies[judgement.severity - 1] += 1
                yield judgement
            if restart:
                instance.restart()

    def _instance(self, key: bytes, values: int, verdicts: GroupVerdicts) -> Instance | None:
        """The instance of this key; None, and the values counted, where no group has it or a limit keeps it
        out."""
        instance = self.instances.by_key.get(key)
        if instance is not None:
            return instance
        try:
            series = Series.from_key(key)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MessageError(f"no key of an instance: {error}") from None
        if series.key != key:
            raise MessageError("the key of an instance is not in its canonical form")
        number = self.instances.plan.numbers.get(series.metric)
        if number is None:
            verdicts.counts.unmatched += values
            return None
        config = self.instances.plan.configs[number]
        if self.instances.members[number] < config.max_instances:
            return self.instances.add(series)
        verdicts.counts.refused += values
        if config.id not in self._full:
            self._full.add(config.id)
            verdicts.limits.append(InstancesReached(config.id, config.max_instances))
        return None
