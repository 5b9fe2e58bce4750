"""One config over a history, for the baselines that it leaves: no verdict is kept."""

import math
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec
import numpy as np

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.checkpoint.baseline_record import encode_baselines
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.intake.options import InputBlock, LineFault
from anomaly_stream.model import AnomalyDetectionConfig, Publish, Series, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.report.tally import Tally
from anomaly_stream.report.value_filter import FilteredDecoder, ValueFilter

FILE = "history"
"""The topic of records that come from files."""
_KEPT_FAULTS = 20


class HistoryRun:
    """Learns a history as a worker learns its topic: same decoder, same engine.

    Args:
        config: the config to learn for.
        bands: where the severities begin.
        formats: name of the format by topic; records of a topic that it does not name have the first one.
        budget: the limits of this process; None: no limits.
        values: which values are not learned; None: all are.
        max_ahead_s: how far the time of an observation may be ahead of its record's Kafka timestamp.
    """

    def __init__(
        self,
        config: AnomalyDetectionConfig,
        bands: SeverityBands,
        formats: Mapping[str, str] = MappingProxyType({FILE: DEFAULT_FORMAT}),
        budget: Budget | None = None,
        values: ValueFilter | None = None,
        max_ahead_s: float = math.inf,
    ) -> None:
        silent = msgspec.structs.replace(config, publish=Publish.NONE)
        self._pipeline = Pipeline(
            compile_plan([silent], bands),
            [(topic, 0) for topic in formats],
            budget,
            formats=formats,
            max_ahead_s=max_ahead_s,
        )
        if values is not None:
            index, decoders = self._pipeline.index, self._pipeline.decoders
            self._pipeline.decoders = [FilteredDecoder(inner, index, values) for inner in decoders]
        self._sources = {topic: number for number, topic in enumerate(formats)}
        if budget is not None:
            budget.banks = [self._pipeline.bank]
        self.tally = Tally()
        self.faulty = 0
        """Lines that hold no observation."""
        self.faults: list[LineFault] = []
        """The first of them."""

    @property
    def series(self) -> int:
        """Series that have a baseline so far."""
        return self._pipeline.bank.series_held

    def learn(self, block: InputBlock) -> None:
        """Learn a part of the history."""
        source = self._sources.get(block.records.topic, 0)
        output = self._pipeline.process(block.records, source)
        assert output.outcome is not None
        assert output.observations is not None
        self.tally.add(output.outcome.counts, output.observations)
        faults = [
            *block.faults,
            *(
                LineFault(
                    block.records.topic, int(block.records.offset[fault.record]), fault.reason, fault.detail
                )
                for fault in output.faults
            ),
        ]
        self.faulty += len(faults)
        self.faults += faults[: _KEPT_FAULTS - len(self.faults)]

    def warnings(self, spelling: OptionSpelling = COMMAND_LINE) -> list[str]:
        """What kept observations from being learned, each with its cure, which may name an option."""
        bank, series = self._pipeline.bank, self._pipeline.index.series
        return list(self.tally.warnings(bank, series, [], is_sorted=False, spelling=spelling))

    def shape(self) -> tuple[float, int, int]:
        """The shape of the baselines; ``Plan.shape``."""
        return self._pipeline.plan.shape(0)

    def last_times(self) -> dict[Series, float]:
        """The series that have a baseline, each with the time of its last value."""
        bank = self._pipeline.bank
        rows = bank.state.rows[: bank.row_count]
        found = rows[(rows["config"] >= 0) & (rows["last_time"] > -np.inf)]
        return {
            bank.series[number]: time
            for number, time in zip(found["series"].tolist(), found["last_time"].tolist(), strict=True)
        }

    def baselines(
        self, load_id: bytes, chosen: Collection[Series] | None = None
    ) -> Iterator[tuple[bytes, bytes]]:
        """Key and record of every baseline, or of those of the ``chosen`` series."""
        bank, index = self._pipeline.bank, self._pipeline.index
        if chosen is None:
            return encode_baselines(bank, index, load_id)
        flags = np.zeros(bank.series_count, np.bool_)
        numbers = [number for one in chosen if (number := index.find(one)) is not None]
        flags[[number for number in numbers if number < bank.series_count]] = True
        return encode_baselines(bank, index, load_id, flags)
