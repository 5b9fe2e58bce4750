"""One partition's pure chain: record columns to observations, verdicts, and the bytes to publish.

The worker holds one a partition; ``anomaly-stream score`` holds one for its whole input. Both get
the same bytes for the same records, since nothing else decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.engine.bank import Bank
from anomaly_stream.engine.codec import StateRecord, canonical_rows, encode_rows
from anomaly_stream.engine.loading import load_rows
from anomaly_stream.engine.plan import Plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.observations import decode
from anomaly_stream.formats.outcomes import encode_alert, encode_score
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import AlertEvent, Fault, ObservationColumns, Outcome, RecordColumns, ScoreRecord


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of a run of records, before encoding."""

    observations: ObservationColumns
    outcome: Outcome
    faults: list[Fault]
    scores: list[tuple[bytes, ScoreRecord]]
    alerts: list[tuple[bytes, AlertEvent]]


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


class Pipeline:
    """Decode, admit, step, encode, for one partition.

    Args:
        plan: the compiled configs.
        sources: the source topics with their epochs; state records keep an offset for each.
    """

    def __init__(self, plan: Plan, sources: Sequence[tuple[str, int]]) -> None:
        self.plan = plan
        self.index = SeriesIndex()
        self.bank = Bank(plan, len(sources))
        self._sources = tuple(sources)

    def evaluate(self, records: RecordColumns, source: int = 0) -> Verdicts:
        """Decide on ``records`` of source topic number ``source``; the state moves on."""
        observations, faults = decode(records, self.index)
        if self.bank.series_count < len(self.index):
            self.bank.admit(self.index.series[self.bank.series_count :])
        outcome = step(self.plan, self.bank, observations, source)
        scores = score_records(self.plan, self.index, observations, outcome, records)
        alerts = alert_events(self.plan, self.index, observations, outcome, records)
        return Verdicts(observations, outcome, faults, scores, alerts)

    def process(self, records: RecordColumns, source: int = 0) -> Output:
        """As ``evaluate``, encoded."""
        verdicts = self.evaluate(records, source)
        outcome = verdicts.outcome
        record = verdicts.observations.record[outcome.observation]
        scored = record[np.flatnonzero(outcome.publish)]
        moved = record[np.flatnonzero(outcome.transition)]
        return Output(
            outcome=outcome,
            faults=verdicts.faults,
            scores=[
                Publication(key, encode_score(score), int(row))
                for (key, score), row in zip(verdicts.scores, scored, strict=True)
            ],
            alerts=[
                Publication(key, encode_alert(event), int(row))
                for (key, event), row in zip(verdicts.alerts, moved, strict=True)
            ],
            alert_statuses=[event.status for _, event in verdicts.alerts],
        )

    def rebind(self, plan: Plan) -> None:
        """Go on under a changed set of configs; see ``Bank.rebind`` for what restarts."""
        self.plan = plan
        self.bank.rebind(plan)

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Take over state records, sorted by key; returns how many rows they were. Raises StateError."""
        return load_rows(self.bank, self.index, records, self._sources)

    def take_dirty(self) -> list[list[StateRecord]]:
        """Encode the rows that changed since the last call; None stands for a record that is gone.

        The records come in stages: all of one must be durable before any of the next is written. What is
        returned must be written, or the pipeline given up.
        """
        rows = self.bank.dirty_rows()
        stages = encode_rows(self.bank, rows, self._sources, self.index)
        self.bank.clear_dirty(rows)
        return stages

    def canonical_state(self) -> dict[bytes, bytes]:
        """All state as records that are equal where the state is; for comparison, not for a changelog."""
        return canonical_rows(self.bank, self._sources, self.index)
