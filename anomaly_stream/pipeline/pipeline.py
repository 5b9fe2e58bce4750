"""One partition's pure chain: record columns to observations, verdicts, and the bytes to publish.

The worker holds one a partition; ``anomaly-stream score`` holds one for its whole input. Both get
the same bytes for the same records, since nothing else decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.departures import ExpiredAlert, expired_alert_events
from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.bank.expiry import IdleExpiry
from anomaly_stream.engine.bank.membership import Membership
from anomaly_stream.engine.checkpoint.encode import StateRecord, canonical_rows, encode_rows
from anomaly_stream.engine.checkpoint.load import load_rows
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.observations import decode
from anomaly_stream.formats.outcomes import Publication, encode_alert, encode_score
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import INSTANCE_PREFIX
from anomaly_stream.groups.forwarding import Forwarder
from anomaly_stream.groups.group_pipeline import GroupOutput, GroupStage, GroupVerdicts
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import (
    AlertEvent,
    Fault,
    LimitReached,
    ObservationColumns,
    Outcome,
    RecordColumns,
    ScoreRecord,
)

_KEYS_A_SLICE = 5_000
_MOST_STRANGERS = 65_536
_STRANGERS_A_SLICE = 50_000
"""Strangers are series without a row: what no config watches, or a limit refuses. So many are remembered,
since that makes them cheap to pass over."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of a run of records, before encoding."""

    observations: ObservationColumns
    outcome: Outcome
    faults: list[Fault]
    scores: list[tuple[bytes, ScoreRecord]]
    alerts: list[tuple[bytes, AlertEvent]]
    """One for each transition of the outcome."""
    departures: list[tuple[ExpiredAlert, tuple[bytes, AlertEvent]]]
    """Alerts that ended since their series was idle."""
    limits: list[LimitReached]
    members: list[tuple[bytes, bytes, int]]
    """For the groups topic: key, value, row of the ``RecordColumns`` of the last value."""

    @property
    def alert_events(self) -> list[tuple[int, tuple[bytes, AlertEvent]]]:
        """All alert events in order, each with its key, beside the observation that caused it."""
        moved = self.outcome.observation[np.flatnonzero(self.outcome.transition)].tolist()
        events = [(departure.observation, event) for departure, event in self.departures]
        events += zip(moved, self.alerts, strict=True)
        return sorted(events, key=lambda event: event[0]) if self.departures else events


@dataclass(frozen=True, slots=True)
class Output:
    """What became of a run of records, as bytes for the topics."""

    outcome: Outcome
    faults: list[Fault]
    scores: list[Publication]
    alerts: list[Publication]
    alert_statuses: list[str]
    limits: list[LimitReached]
    """Limits that were reached for the first time."""
    members: list[Publication]
    """For the groups topic."""


class Pipeline:
    """Decode, admit, step, encode, for one partition.

    Args:
        plan: the compiled configs.
        sources: the metrics topics with their epochs; state records keep an offset for each.
        budget: what the process may hold; None: as much as there is.
        groups: the compiled groups; None: there are none.
    """

    def __init__(
        self,
        plan: Plan,
        sources: Sequence[tuple[str, int]],
        budget: Budget | None = None,
        groups: GroupPlan | None = None,
    ) -> None:
        self.plan = plan
        self.index = SeriesIndex()
        self.bank = Bank(plan, len(sources))
        self._admission = Admission(self.bank, budget)
        self._lifetimes = IdleExpiry(self.bank)
        self._gate = Membership(self._admission, self._lifetimes)
        self._sources = tuple(sources)
        groups = groups or GroupPlan()
        self._forwarder = Forwarder(groups, self.index.series)
        self._stage = GroupStage(groups)

    @property
    def instances(self) -> Instances:
        """The instances of groups whose members meet in this partition."""
        return self._stage.instances

    def evaluate(self, records: RecordColumns, source: int = 0) -> Verdicts:
        """Decide on ``records`` of source topic number ``source``; the state moves on."""
        self._tidy()
        observations, faults = decode(records, self.index)
        given = self.index.take_given()
        self.bank.register((number, self.index.series[number]) for number in given)
        self._forwarder.forget(np.array(given, np.int64))
        outcome = step(self.plan, self.bank, observations, source, self._gate, _heard(observations, records))
        scores = score_records(self.plan, self.index, observations, outcome, records)
        alerts = alert_events(self.plan, self.index, observations, outcome, records)
        departures = self._lifetimes.take_expired_alerts()
        ended = expired_alert_events(self.plan, departures, observations, records)
        return Verdicts(
            observations,
            outcome,
            faults,
            scores,
            alerts,
            list(zip(departures, ended, strict=True)),
            list(self._admission.take_limits_reached()),
            list(self._forwarder.messages(observations)),
        )

    def process(self, records: RecordColumns, source: int = 0) -> Output:
        """As ``evaluate``, encoded."""
        verdicts = self.evaluate(records, source)
        outcome = verdicts.outcome
        record = verdicts.observations.record[outcome.observation]
        scored = record[np.flatnonzero(outcome.publish)]
        events = verdicts.alert_events
        return Output(
            outcome=outcome,
            faults=verdicts.faults,
            scores=[
                Publication(key, encode_score(score), int(row))
                for (key, score), row in zip(verdicts.scores, scored, strict=True)
            ],
            alerts=[
                Publication(key, encode_alert(event), int(verdicts.observations.record[observation]))
                for observation, (key, event) in events
            ],
            alert_statuses=[event.status for _, (_, event) in events],
            limits=verdicts.limits,
            members=[Publication(*message) for message in verdicts.members],
        )

    def evaluate_groups(self, records: RecordColumns) -> GroupVerdicts:
        """Decide on ``records`` of the groups topic; the state moves on."""
        return self._stage.evaluate(records)

    def process_groups(self, records: RecordColumns) -> GroupOutput:
        """As ``evaluate_groups``, encoded."""
        return self._stage.process(records)

    def follows(self, plan: Plan, groups: GroupPlan) -> bool:
        """Whether these are the configs that it goes by."""
        return self.plan is plan and self.instances.plan is groups

    def rebind(self, plan: Plan, groups: GroupPlan | None = None) -> None:
        """Go on under a changed set of configs; see ``Bank.rebind`` for what restarts."""
        groups = groups or GroupPlan()
        self._forwarder.rebind(groups)
        self._stage.rebind(groups)
        self.plan = plan
        self.bank.rebind(plan)
        self._lifetimes.rebind(plan)

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Take over state records, sorted by key; returns how many rows and instances they were.

        Raises:
            StateError: a record cannot be read.
        """
        loaded = 0
        for of_group, found in groupby(records, key=lambda record: record[0].startswith(INSTANCE_PREFIX)):
            if of_group:
                loaded += self.instances.load(found)
            else:
                loaded += load_rows(self.bank, self.index, found, self._sources)
        return loaded

    def take_dirty(self) -> list[list[StateRecord]]:
        """Encode the rows that changed since the last call; None stands for a record that is gone.

        The records come in stages: all of one must be durable before any of the next is written. What is
        returned must be written, or the pipeline given up.
        """
        tombstones = self.bank.tombstones
        tombstones.build_keys(self.bank.series, tombstones.keys_to_build)
        rows = self.bank.dirty_rows()
        stages = encode_rows(self.bank, rows, self._sources, self.index)
        stages[-1].extend(self._stage.take_dirty())
        self.bank.clear_dirty(rows)
        tombstones.checkpoint_taken()
        self._admission.retry_refused()
        return stages

    def committed(self) -> None:
        """The offsets up to the last ``take_dirty`` are committed: no replay reaches behind them."""
        self.bank.tombstones.offsets_committed()

    def _tidy(self) -> None:
        """A slice of what is to be done when series have left, and when many have come that get no row."""
        bank = self.bank
        if bank.tombstones.keys_to_build:
            bank.tombstones.build_keys(bank.series, _KEYS_A_SLICE)
        elif len(self.index) - bank.series_held > _MOST_STRANGERS:
            without = np.flatnonzero(bank.state.first_row[: bank.series_count] < 0)
            without = without[self.index.is_known(without)]
            self.index.forget(without[:_STRANGERS_A_SLICE])

    def canonical_state(self) -> dict[bytes, bytes]:
        """All state as records that are equal where the state is; for comparison, not for a changelog."""
        rows = canonical_rows(self.bank, self._sources, self.index)
        return {**rows, **dict(self.instances.canonical_state())}


def _heard(observations: ObservationColumns, records: RecordColumns) -> NDArray[np.float64]:
    """What time each observation says that it is; see ``bank.expiry``."""
    if not (records.timestamp_ms >= 0).any():
        return observations.timestamp
    kafka = np.where(records.timestamp_ms >= 0, records.timestamp_ms / 1000.0, np.inf)
    heard: NDArray[np.float64] = np.minimum(observations.timestamp, kafka[observations.record])
    return heard
