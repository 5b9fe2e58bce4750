"""One config over a history, for the baselines that it leaves: no verdict is kept."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.checkpoint.baseline_record import encode_baselines
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.options import InputBlock, LineFault
from anomaly_stream.model import AnomalyDetectionConfig, Publish, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.report.tally import Tally

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
    """

    def __init__(
        self,
        config: AnomalyDetectionConfig,
        bands: SeverityBands,
        formats: Mapping[str, str] = MappingProxyType({FILE: DEFAULT_FORMAT}),
        budget: Budget | None = None,
    ) -> None:
        silent = msgspec.structs.replace(config, publish=Publish.NONE)
        self._pipeline = Pipeline(
            compile_plan([silent], bands), [(topic, 0) for topic in formats], budget, formats=formats
        )
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

    def warnings(self) -> list[str]:
        """What kept observations from being learned, each with its cure."""
        pipeline = self._pipeline
        return list(self.tally.warnings(pipeline.bank, pipeline.index.series, [], is_sorted=False))

    def shape(self) -> tuple[float, int, int]:
        """The shape of the baselines; ``Plan.shape``."""
        return self._pipeline.plan.shape(0)

    def baselines(self, load_id: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Key and record of every baseline. The run must not be continued."""
        return encode_baselines(self._pipeline.bank, self._pipeline.index, load_id)
