"""The engine on many copies of one series: they share the past, and differ from a moment on."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import canonical_rows
from anomaly_stream.engine.checkpoint.load import load_rows
from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    ObservationColumns,
    Publish,
    Series,
    SeverityBands,
    Transition,
)
from anomaly_stream.pipeline.config_counts import learning_rows
from anomaly_stream.report.blind_spots.injection import Past

_SOURCES = (("copies", 0),)
_METRIC = "copy"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a series before one of its values."""

    first: int
    """The number of that value."""
    records: dict[bytes, bytes]
    """The state, by the ends of its keys."""
    is_learning: bool
    """Whether the value is learned, not judged."""
    is_open: bool
    """Whether an alert is open."""


class Copies:
    """Runs one config over copies of one series.

    Args:
        config: judges the series; its selectors do not matter.
        bands: where the severities begin.
        past: the series.
    """

    def __init__(self, config: AnomalyDetectionConfig, bands: SeverityBands, past: Past) -> None:
        own = msgspec.structs.replace(config, metric=_METRIC, matchers=(), publish=Publish.NONE)
        self._plan: Plan = compile_plan([own], bands)
        self._past = past

    def snapshots(self, firsts: Sequence[int]) -> list[Snapshot]:
        """The states before the values ``firsts``, in order: the series is learned once."""
        index = SeriesIndex()
        bank = Bank(self._plan)
        bank.admit([index.series[index.add(_copy(0))]])
        found, done = [], 0
        for first in firsts:
            values = self._past.values[done:first]
            step(self._plan, bank, self._columns(values[None], done))
            found.append(self._snapshot(bank, index, first))
            done = first
        return found

    def fired(self, snapshot: Snapshot, values: Floats) -> Bools:
        """For each copy of ``values`` [copies, count], whether an alert opens within them."""
        copies = [_copy(number) for number in range(len(values))]
        records = [
            (self._key(copy) + end, record) for copy in copies for end, record in snapshot.records.items()
        ]
        index, bank = SeriesIndex(), Bank(self._plan)
        load_rows(bank, index, sorted(records), _SOURCES)
        outcome = step(self._plan, bank, self._columns(values, snapshot.first))
        opened = outcome.observation[outcome.transition == Transition.FIRING] // values.shape[1]
        return np.bincount(opened, minlength=len(values)) > 0

    def _snapshot(self, bank: Bank, index: SeriesIndex, first: int) -> Snapshot:
        key = self._key(_copy(0))
        records = canonical_rows(bank, _SOURCES, index)
        return Snapshot(
            first,
            {name.removeprefix(key): record for name, record in records.items()},
            bool(learning_rows(bank)[0]),
            bool(bank.state.alerts["phase"][0] >= OPEN),
        )

    def _key(self, copy: Series) -> bytes:
        return row_key(self._plan.configs[0].id, copy)

    def _columns(self, values: Floats, first: int) -> ObservationColumns:
        """The observations of all copies, one copy after the other."""
        copies, count = values.shape
        places = np.tile(np.arange(first, first + count), copies)
        return ObservationColumns(
            series=np.repeat(np.arange(copies), count),
            timestamp=self._past.times[places],
            value=values.ravel(),
            learn=np.zeros(copies * count, np.bool_),
            offset=places,
            record=places,
        )


def _copy(number: int) -> Series:
    return Series.of(_METRIC, {"number": f"{number:06d}"})
