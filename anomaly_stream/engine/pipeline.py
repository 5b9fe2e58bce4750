"""One partition's pure chain: record columns to observations, verdicts, and the bytes to publish.

The worker holds one a partition; ``anomaly-stream score`` holds one for its whole input. Both get
the same bytes for the same records, since nothing else decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.departures import Departure, departure_events
from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.engine.admission import Admission
from anomaly_stream.engine.bank import Bank
from anomaly_stream.engine.budget import Budget
from anomaly_stream.engine.codec import StateRecord, canonical_rows, encode_rows
from anomaly_stream.engine.gate import Gate
from anomaly_stream.engine.lifetimes import Lifetimes
from anomaly_stream.engine.loading import load_rows
from anomaly_stream.engine.plan import Plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.observations import decode
from anomaly_stream.formats.outcomes import encode_alert, encode_score
from anomaly_stream.formats.series_index import SeriesIndex
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
    departures: list[tuple[Departure, tuple[bytes, AlertEvent]]]
    """Alerts that ended since their series was idle."""
    limits: list[LimitReached]

    @property
    def alert_events(self) -> list[tuple[int, tuple[bytes, AlertEvent]]]:
        """All alert events in order, each with its key, beside the observation that caused it."""
        moved = self.outcome.observation[np.flatnonzero(self.outcome.transition)].tolist()
        events = [(departure.observation, event) for departure, event in self.departures]
        events += zip(moved, self.alerts, strict=True)
        return sorted(events, key=lambda event: event[0]) if self.departures else events


@dataclass(frozen=True, slots=True)
class Publication:
    """One record to publish; ``record`` is the row of the ``RecordColumns`` that caused it."""

    key: bytes
    value: bytes
    record: int


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


class Pipeline:
    """Decode, admit, step, encode, for one partition.

    Args:
        plan: the compiled configs.
        sources: the source topics with their epochs; state records keep an offset for each.
        budget: what the process may hold; None: as much as there is.
    """

    def __init__(self, plan: Plan, sources: Sequence[tuple[str, int]], budget: Budget | None = None) -> None:
        self.plan = plan
        self.index = SeriesIndex()
        self.bank = Bank(plan, len(sources))
        self._admission = Admission(self.bank, budget)
        self._lifetimes = Lifetimes(self.bank)
        self._gate = Gate(self._admission, self._lifetimes)
        self._sources = tuple(sources)

    def evaluate(self, records: RecordColumns, source: int = 0) -> Verdicts:
        """Decide on ``records`` of source topic number ``source``; the state moves on."""
        self._tidy()
        observations, faults = decode(records, self.index)
        self.bank.meet((number, self.index.series[number]) for number in self.index.take_given())
        outcome = step(self.plan, self.bank, observations, source, self._gate, _heard(observations, records))
        scores = score_records(self.plan, self.index, observations, outcome, records)
        alerts = alert_events(self.plan, self.index, observations, outcome, records)
        departures = self._lifetimes.take_departures()
        ended = departure_events(self.plan, departures, observations, records)
        return Verdicts(
            observations,
            outcome,
            faults,
            scores,
            alerts,
            list(zip(departures, ended, strict=True)),
            list(self._admission.take_reached()),
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
        )

    def rebind(self, plan: Plan) -> None:
        """Go on under a changed set of configs; see ``Bank.rebind`` for what restarts."""
        self.plan = plan
        self.bank.rebind(plan)
        self._lifetimes.rebind(plan)

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Take over state records, sorted by key; returns how many rows they were. Raises StateError."""
        return load_rows(self.bank, self.index, records, self._sources)

    def take_dirty(self) -> list[list[StateRecord]]:
        """Encode the rows that changed since the last call; None stands for a record that is gone.

        The records come in stages: all of one must be durable before any of the next is written. What is
        returned must be written, or the pipeline given up.
        """
        tombstones = self.bank.tombstones
        tombstones.spell(self.bank.series, tombstones.unspelled)
        rows = self.bank.dirty_rows()
        stages = encode_rows(self.bank, rows, self._sources, self.index)
        self.bank.clear_dirty(rows)
        tombstones.take()
        self._admission.ask_again()
        return stages

    def committed(self) -> None:
        """The offsets up to the last ``take_dirty`` are committed: no replay reaches behind them."""
        self.bank.tombstones.commit()

    def _tidy(self) -> None:
        """A slice of what is to be done when series have left, and when many have come that get no row."""
        bank = self.bank
        if bank.tombstones.unspelled:
            bank.tombstones.spell(bank.series, _KEYS_A_SLICE)
        elif len(self.index) - bank.series_held > _MOST_STRANGERS:
            without = np.flatnonzero(bank.state.first_row[: bank.series_count] < 0)
            without = without[self.index.is_known(without)]
            self.index.forget(without[:_STRANGERS_A_SLICE])

    def canonical_state(self) -> dict[bytes, bytes]:
        """All state as records that are equal where the state is; for comparison, not for a changelog."""
        return canonical_rows(self.bank, self._sources, self.index)


def _heard(observations: ObservationColumns, records: RecordColumns) -> NDArray[np.float64]:
    """What time each observation says that it is; see ``lifetimes``."""
    if not (records.timestamp_ms >= 0).any():
        return observations.timestamp
    kafka = np.where(records.timestamp_ms >= 0, records.timestamp_ms / 1000.0, np.inf)
    heard: NDArray[np.float64] = np.minimum(observations.timestamp, kafka[observations.record])
    return heard
