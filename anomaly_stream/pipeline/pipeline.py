"""The pure pipeline of one partition: record columns to observations, to verdicts, to records to publish.

A worker holds one for each partition; ``anomaly-stream score`` holds one for its whole input. Both get the
same bytes for the same records, because nothing else decides.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from types import MappingProxyType

import numpy as np

from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.bank.expiry import IdleExpiry
from anomaly_stream.engine.bank.membership import Membership
from anomaly_stream.engine.bank.no_data import NoData
from anomaly_stream.engine.bank.withdrawn import withdraw_unasked, withdrawn_alerts
from anomaly_stream.engine.checkpoint.encode import StateRecord, canonical_rows, encode_rows
from anomaly_stream.engine.checkpoint.load import load_rows
from anomaly_stream.engine.loaded_baselines import BaselineSource, LoadedBaselines
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.outcomes import Output, Publication
from anomaly_stream.formats.registry import make_decoders
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import INSTANCE_PREFIX, PARTITION_PREFIX
from anomaly_stream.groups.forwarding import Forwarder
from anomaly_stream.groups.group_pipeline import GroupStage
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.kernels.arrays import Bools, Integers
from anomaly_stream.model import RecordColumns
from anomaly_stream.model.baseline_loads import BaselineLoads
from anomaly_stream.model.ownership import Ownership
from anomaly_stream.pipeline.ahead import clock_time, refuse_ahead
from anomaly_stream.pipeline.commands import CommandQueue
from anomaly_stream.pipeline.open_alerts import OpenAlerts
from anomaly_stream.pipeline.publications import (
    alert_publications,
    heartbeat_publications,
    score_publications,
)
from anomaly_stream.pipeline.tidying import tidy
from anomaly_stream.pipeline.withdrawals import Withdrawals, owners_in_use


class Pipeline:
    """Decodes, admits, steps and builds the records to publish, for one partition.

    Args:
        plan: the compiled configs.
        sources: the metrics topics with their generations; state records keep an offset for each.
        budget: what the process may hold; None for no limit.
        groups: the compiled groups; None for none.
        formats: name of the format by metrics topic; the default is JSON.
        max_ahead_s: how far the time of an observation may be ahead of its record's Kafka timestamp.
        baselines: the baselines that were loaded; None for none.
        max_open_alerts: the most open alerts of an owner; None for no maximum.
        with_scores: whether score records are built; without, the caller reads the verdicts from the outcome.
    """

    def __init__(
        self,
        plan: Plan,
        sources: Sequence[tuple[str, int]],
        budget: Budget | None = None,
        groups: GroupPlan | None = None,
        formats: Mapping[str, str] = MappingProxyType({}),
        max_ahead_s: float = math.inf,
        baselines: BaselineSource | None = None,
        max_open_alerts: int | None = None,
        with_scores: bool = True,
    ) -> None:
        self.plan = plan
        self.index = SeriesIndex()
        self.decoders = make_decoders([topic for topic, _ in sources], formats, self.index)
        self._sources = (*sources, *([] if baselines is None else [baselines.topic]))
        self.bank = Bank(plan, len(self._sources))
        self.loaded = None if baselines is None else LoadedBaselines(self.bank, baselines.store, len(sources))
        self._admission = Admission(self.bank, budget)
        self.expiry = IdleExpiry(self.bank)
        self.no_data = NoData(self.bank, len(sources))
        self._membership = Membership(self._admission, self.expiry, self.no_data)
        self._open_alerts = OpenAlerts(self.bank, self.index, max_open_alerts)
        self.commands = CommandQueue(self.bank)
        """What ``anomaly-stream series`` asks of rows; they obey when ``take_dirty`` is called."""
        self.withdrawals = Withdrawals()
        """Alerts that a change of the configs resolves; the caller publishes them."""
        self._max_ahead_s = max_ahead_s
        self._with_scores = with_scores
        groups = groups or GroupPlan()
        self._forwarder = Forwarder(groups, self.index.series)
        self._stage = GroupStage(groups)

    @property
    def sources(self) -> Sequence[tuple[str, int]]:
        """The topics of which rows include offsets, with their generations; baselines last."""
        return self._sources

    @property
    def instances(self) -> Instances:
        """The instances of groups whose members meet in this partition."""
        return self._stage.instances

    def process(self, records: RecordColumns, source: int = 0) -> Output:
        """Judge ``records`` of source topic number ``source``, and update the state."""
        tidy(self.bank, self.index)
        observations, faults = self.decoders[source].decode(records)
        self._admit_new_series()
        observations, ahead = refuse_ahead(observations, records, self._max_ahead_s, self.index.series)
        outcome = step(
            self.plan,
            self.bank,
            observations,
            source,
            self._membership,
            clock_time(observations, records),
            self.loaded,
            self.in_groups(observations.series),
        )
        judged = self.plan, self.index, observations, outcome
        left = self._open_alerts.admit(
            observations, outcome, self.expiry.take_expired_alerts(), self.no_data.take_changes()
        )
        return Output(
            faults=sorted([*faults, *ahead], key=attrgetter("record")) if ahead else faults,
            scores=score_publications(*judged, records) if self._with_scores else [],
            alerts=alert_publications(*judged, left.expired, left.no_data, left.overflows, records),
            members=[Publication(*message) for message in self._forwarder.messages(observations)],
            limits=[*self._admission.take_limits_reached(), *left.reached],
            observations=observations,
            outcome=outcome,
            baselines=BaselineLoads() if self.loaded is None else self.loaded.take_loads(),
            withheld=left.withheld,
        )

    def heartbeat(self, source: int, time: float) -> Output:
        """Nothing has come from source topic number ``source`` up to this event time."""
        self.no_data.heartbeat(source, time)
        left = self._open_alerts.admit_no_data(self.no_data.take_changes())
        alerts = heartbeat_publications(self.plan, left.no_data, left.overflows)
        return Output([], [], alerts, [], [*left.reached], withheld=left.withheld)

    def in_groups(self, series: Integers) -> Bools:
        """For each of these series (by number), whether it is a member of a group."""
        return self._forwarder.takes(series)

    def process_groups(self, records: RecordColumns) -> Output:
        """Judge ``records`` of the groups topic, and update the state."""
        return self._stage.process(records)

    def _admit_new_series(self) -> None:
        """Make the series that decoding has numbered known to the bank and to the groups."""
        numbers = self.index.take_given()
        self.bank.register((number, self.index.series[number]) for number in numbers)
        self._forwarder.forget(np.array(numbers, np.int64))

    def uses(self, plan: Plan, groups: GroupPlan) -> bool:
        """Whether these are the configs in use."""
        return self.plan is plan and self.instances.plan is groups

    def change_plan(self, plan: Plan, groups: GroupPlan | None = None) -> None:
        """Continue under other configs; ``Bank.change_plan`` says which rows restart."""
        groups = groups or GroupPlan()
        owners = owners_in_use(self.bank, self.instances)
        self._forwarder.change_plan(groups)
        self._stage.change_plan(groups)
        self.plan = plan
        self._withdraw(withdrawn_alerts(self.bank, plan), owners)
        self.bank.change_plan(plan)
        if self.loaded is not None:
            self.loaded.change_plan()
        self.expiry.change_plan(plan)
        self.no_data.change_plan(plan)
        self._withdraw(withdraw_unasked(self.bank), owners)
        self.withdrawals.put(self._open_alerts.recount())

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Restore state records, sorted by key; returns the number of rows and instances.

        Raises:
            StateError: a record cannot be read.
        """
        loaded = 0
        withdrawn: list[WithdrawnAlert] = []
        for first, found in groupby(records, key=lambda record: record[0][:1]):
            if first == INSTANCE_PREFIX:
                loaded += self.instances.load(found)
            elif first == PARTITION_PREFIX:
                self.withdrawals.load(self._open_alerts.overflows.restored(found))
            else:
                loaded += load_rows(self.bank, self.index, found, self._sources, withdrawn)
        withdrawn += withdraw_unasked(self.bank)
        self._withdraw(withdrawn, self.withdrawals.owners)
        self.withdrawals.put(self._open_alerts.recount())
        self.find_baselines()
        return loaded

    def _withdraw(self, withdrawn: list[WithdrawnAlert], owners: Mapping[str, Ownership]) -> None:
        """Resolve the open alerts that the configs in force do not have any more."""
        groups = self.instances.plan.configs
        left = {config.id for config in self.plan.configs} | {group.id for group in groups}
        self.withdrawals.add([*withdrawn, *self.instances.take_withdrawn()], owners, left)

    def find_baselines(self) -> None:
        """Look for the loaded baselines of all rows: some may have been added to the store."""
        if self.loaded is not None:
            self.loaded.consider(range(self.bank.row_count))

    def baselines_arrived(self, keys: Iterable[bytes]) -> None:
        """Baselines with these keys were added to the store."""
        if self.loaded is not None:
            self.loaded.arrived(keys, self.index)

    def take_dirty(self) -> list[Iterator[StateRecord]]:
        """Copy the state that changed since the last call; a value of None deletes the record.

        The records come in stages: all of one stage must be durable before any of the next is written. The
        caller must write all of them or discard the pipeline. They are built while a stage is iterated, which
        may be after the next call of ``process``. Call ``take_expired`` for the stages that come last.
        """
        self.commands.obey()
        rows = self.bank.dirty_rows()
        stages = encode_rows(self.bank, rows, self._sources, self.index)
        stages[-1] = chain(stages[-1], self._stage.take_dirty())
        first, last = self.withdrawals.take_dirty(owners_in_use(self.bank, self.instances))
        self.bank.clear_dirty(rows)
        self._admission.retry_refused()
        return [chain(first, self._open_alerts.overflows.take_dirty()), *stages, last]

    def take_expired(self) -> list[Iterator[StateRecord]]:
        """The deletions for rows that have expired, in stages.

        They must be written with the stages of ``take_dirty``, after all of them and after the position to
        which they belong.
        """
        heads, parts = self.bank.tombstones.take_expired(self.bank.series)
        return [iter([(key, None) for key in heads]), iter([(key, None) for key in parts])]

    def canonical_state(self) -> dict[bytes, bytes]:
        """The whole state as records that are equal if the state is; for comparison, not for a changelog."""
        rows = canonical_rows(self.bank, self._sources, self.index)
        return {**rows, **dict(self.instances.canonical_state())}
