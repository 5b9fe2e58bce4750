"""One set of configs over a whole input: every verdict and every alert event, without Kafka."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.model import (
    AlertEvent,
    AnomalyDetectionConfig,
    Fault,
    Publish,
    RecordColumns,
    ScoreRecord,
    Series,
    SeverityBands,
)
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.tally import Tally
from anomaly_stream.report.verdicts import Verdicts

_COUNTED = ("observations", "unmatched", "late", "duplicate", "ahead")


@dataclass(slots=True)
class InputCounts:
    """How many observations there were, and why some have no verdict."""

    observations: int = 0
    unmatched: int = 0
    """Of series that neither a config nor a group watches."""
    late: int = 0
    duplicate: int = 0
    ahead: int = 0
    """Much further ahead than the cadence of their series allows."""
    refused: int = 0
    """Kept out by a limit."""


@dataclass(slots=True)
class OfflineRun:
    """A pipeline that reports every verdict, whatever the configs publish.

    Args:
        configs: what to watch.
        bands: where the severities begin.
        format_name: format of the records.
        max_ahead_s: how far the time of an observation may be ahead of its record's Kafka timestamp.
        baselines: the baselines that were loaded; None for none.
    """

    configs: Sequence[Config]
    bands: SeverityBands
    format_name: str = DEFAULT_FORMAT
    max_ahead_s: float = math.inf
    baselines: BaselineSource | None = None
    counts: InputCounts = field(default_factory=InputCounts)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    """Records that could not be decoded: offset (the line number, from 0), and what is wrong."""
    tally: Tally = field(default_factory=Tally)
    _pipeline: Pipeline = field(init=False)
    _groups: list[GroupConfig] = field(init=False)
    _by: dict[str, tuple[str, ...]] = field(init=False)
    _groups_offset: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        published = [msgspec.structs.replace(config, publish=Publish.ALL) for config in self.configs]
        series = [config for config in published if isinstance(config, AnomalyDetectionConfig)]
        self._groups = [config for config in published if isinstance(config, GroupConfig)]
        self._by = {group.id: group.by for group in self._groups}
        self._pipeline = Pipeline(
            compile_plan(series, self.bands),
            [("input", 0)],
            groups=compile_groups(self._groups, self.bands),
            formats={"input": self.format_name},
            max_ahead_s=self.max_ahead_s,
            baselines=self.baselines,
            with_scores=False,
        )

    def judge(self, records: RecordColumns) -> Verdicts:
        """The verdicts and alert events of ``records``. They must be read before the next call."""
        output = self._pipeline.process(records)
        self._count(records, output)
        verdicts = Verdicts(self._pipeline, records, output, [], _events(output))
        if output.members:
            messages = [(member.key, member.value) for member in output.members]
            of_groups = self.judge_members(records_of(messages, "groups", self._groups_offset))
            self._groups_offset += len(messages)
            verdicts.of_groups.extend(of_groups.of_groups)
            verdicts.alerts.extend(of_groups.alerts)
        return verdicts

    def judge_members(self, records: RecordColumns) -> Verdicts:
        """The verdicts and alert events of groups for ``records`` of the groups topic."""
        output = self._pipeline.process_groups(records)
        self.tally.add_groups(output.group_counts)
        of_groups = [(self._instance(score.body), score.body) for score in output.scores]
        return Verdicts(self._pipeline, records, output, of_groups, _events(output))

    def obey(self, commands: Sequence[SeriesCommand]) -> None:
        """Have the rows obey those of ``commands``, which are all in force, that are new to them."""
        self._pipeline.commands.put(commands)
        self._pipeline.commands.obey()

    def warnings(self, spelling: OptionSpelling = COMMAND_LINE) -> list[str]:
        """What kept observations from being scored, each with its cure, which may name an option."""
        bank, series = self._pipeline.bank, self._pipeline.index.series
        return list(self.tally.warnings(bank, series, self._groups, is_sorted=False, spelling=spelling))

    def _instance(self, record: ScoreRecord) -> Series:
        """The instance of a group that a record is about: its ``by`` labels, without those of the config."""
        by = self._by[record.config_id]
        return Series.of(record.metric, {name: record.labels[name] for name in by if name in record.labels})

    def _count(self, records: RecordColumns, output: Output) -> None:
        assert output.outcome is not None  # records of a metrics topic have one
        assert output.observations is not None
        counts = output.outcome.counts
        self.tally.add(counts, output.observations)
        for name in _COUNTED:
            setattr(self.counts, name, getattr(self.counts, name) + getattr(counts, name))
        self.counts.refused += sum(counts.refused)
        self.faults += [(int(records.offset[fault.record]), fault) for fault in output.faults]


def _events(output: Output) -> list[tuple[str, AlertEvent]]:
    return [(alert.key.decode(), alert.body) for alert in output.alerts]
