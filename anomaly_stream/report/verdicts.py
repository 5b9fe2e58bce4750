"""What the engine made of one run of records offline: as records, or as columns where there are many."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.events import score_records
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.kernels.magnitudes import UNBOUNDED
from anomaly_stream.model import (
    AlertEvent,
    ObservationColumns,
    Outcome,
    RecordColumns,
    ScoreRecord,
    Series,
    Status,
)
from anomaly_stream.pipeline.pipeline import Pipeline

LEARNING = -1
"""Marks a value that was not scored, in place of its severity."""
NUMBERS = ("timestamp", "value", "expected", "lower", "upper", "score")
"""The columns of numbers; NaN where there is none."""


@dataclass(frozen=True, slots=True)
class VerdictColumns:
    """The verdicts of one config on one series, in order: columns of equal length."""

    config_id: str
    series: Series
    numbers: dict[str, NDArray[np.float64]]
    """By name, those of ``NUMBERS``."""
    severity: NDArray[np.int8]
    """``Severity`` of each value (0 is normal), or ``LEARNING``."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one run of records brought about. It is valid until the pipeline judges the next records."""

    pipeline: Pipeline
    records: RecordColumns
    output: Output
    of_groups: list[tuple[Series, ScoreRecord]]
    """The verdicts of groups, each with its instance."""
    alerts: list[tuple[str, AlertEvent]]
    """The events of series and then those of groups, each with the fingerprint of its alert."""

    def scores(self) -> list[tuple[Series, ScoreRecord]]:
        """All verdicts as records, each with its subject: the series, or the instance of a group."""
        if self.output.outcome is None:
            return self.of_groups
        batch, outcome = self._judged()
        found = score_records(self.pipeline.plan, self.pipeline.index, batch, outcome, self.records)
        return [*((Series.from_key(key), record) for key, record in found), *self.of_groups]

    def columns(self) -> Iterator[VerdictColumns]:
        """The verdicts on series, without those of groups: one item for each config and series."""
        batch, outcome = self._judged()
        published = np.flatnonzero(outcome.publish)
        config, series = outcome.config[published], batch.series[outcome.observation[published]]
        order = np.lexsort((series, config))  # stable: the values of a series stay in their order
        is_first = np.diff(config[order], prepend=-1).astype(bool) | np.diff(
            series[order], prepend=-1
        ).astype(bool)
        for rows in np.split(published[order], np.flatnonzero(is_first)[1:]):
            if len(rows):
                yield self._columns_of(batch, outcome, rows)

    def _columns_of(
        self, batch: ObservationColumns, outcome: Outcome, rows: NDArray[np.intp]
    ) -> VerdictColumns:
        """The columns of these rows of the outcome, which have one config and one series."""
        observation = outcome.observation[rows]
        numbers = {name: getattr(outcome, name)[rows] for name in NUMBERS[1:]}
        bounded = {
            name: np.where(np.abs(column) < UNBOUNDED, column, np.nan) for name, column in numbers.items()
        }
        return VerdictColumns(
            config_id=self.pipeline.plan.configs[outcome.config[rows[0]]].id,
            series=self.pipeline.index.series[batch.series[observation[0]]],
            numbers={**bounded, "timestamp": batch.timestamp[observation], "value": numbers["value"]},
            severity=np.where(
                outcome.status[rows] == Status.LEARNING, LEARNING, outcome.severity[rows].astype(np.int8)
            ).astype(np.int8),
        )

    def _judged(self) -> tuple[ObservationColumns, Outcome]:
        """The observations of the metrics topic, and the verdicts on them."""
        batch, outcome = self.output.observations, self.output.outcome
        assert batch is not None  # records of a metrics topic have both
        assert outcome is not None
        return batch, outcome
