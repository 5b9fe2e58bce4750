"""The offline scorer: one pipeline over a whole input, verdicts as JSON lines."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from anomaly_stream.alerts.occurrence import Occurrence, Verdict, score_record
from anomaly_stream.alerts.wording import plural
from anomaly_stream.cli.provenance import Provenance
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import Output, Publication
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.intake.options import InputBlock, LineFault
from anomaly_stream.model import (
    AlertEvent,
    AnomalyDetectionConfig,
    ObservationColumns,
    Publish,
    RecordColumns,
    ScoreRecord,
    Series,
    SeverityBands,
    Source,
    Status,
)
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.tally import Tally

_NO_CONFIG = AnomalyDetectionConfig(id="", metric="")


class OfflineScorer:
    """Scores records in input order and keeps count.

    Args:
        configs: what to watch; what they say of the scores topic does not count here.
        bands: where the severities begin.
        everything: a line per observation (and config that watches it), not only per anomaly.
        format_name: format of the records.
        all_times: every verdict has ``time``, those on messages and on times in seconds too.
    """

    def __init__(
        self,
        configs: Sequence[Config],
        bands: SeverityBands,
        everything: bool,
        format_name: str = DEFAULT_FORMAT,
        all_times: bool = False,
    ) -> None:
        publish = Publish.ALL if everything else Publish.ANOMALIES
        published = [msgspec.structs.replace(config, publish=publish) for config in configs]
        plan = compile_plan(
            [config for config in published if isinstance(config, AnomalyDetectionConfig)], bands
        )
        groups = compile_groups([config for config in published if isinstance(config, GroupConfig)], bands)
        self._pipeline = Pipeline(plan, [("input", 0)], groups=groups, formats={"input": format_name})
        self._groups_offset = 0
        self._everything = everything
        self._all_times = all_times
        self._last_time: dict[Series, float] = {}
        self._groups = [config for config in configs if isinstance(config, GroupConfig)]
        self.tally = Tally()
        self.anomalies = {"minor": 0, "moderate": 0, "severe": 0}
        self.alerts = 0
        self.faults: list[LineFault] = []

    @property
    def observations(self) -> int:
        """Observations so far."""
        return self.tally.observations

    def score(self, records: RecordColumns) -> tuple[list[bytes], list[bytes]]:
        """Lines (each with its line end) for the verdicts, and for the alert events, of ``records``."""
        return self.score_block(InputBlock(records))

    def score_block(self, block: InputBlock) -> tuple[list[bytes], list[bytes]]:
        """The same for a part of an input. ``time`` is a timestamp as it was written."""
        self.faults += block.faults
        output = self._pipeline.process(block.records)
        written = Provenance(block, self._all_times)
        self._count(block.records, output, written)
        if self._everything:
            lines = list(self._all_lines(block.records, output, written))
        else:
            lines = [written.score_line(score.body, score.record) for score in output.scores]
        events = [written.event_line(alert.body, alert.record) for alert in output.alerts]
        if output.members:
            of_groups = self._score_groups(output)
            lines += _lines(of_groups.scores)
            events += _lines(of_groups.alerts)
        return lines, events

    def _score_groups(self, output: Output) -> Output:
        """What the members of groups bring about, which go around the groups topic here."""
        messages = [(member.key, member.value) for member in output.members]
        found = self._pipeline.process_groups(records_of(messages, "groups", self._groups_offset))
        self._groups_offset += len(messages)
        self.tally.add_groups(found.group_counts)
        for name, count in zip(self.anomalies, found.group_counts.anomalies, strict=True):
            self.anomalies[name] += count
        self.alerts += _count_firing(found.alerts)
        return found

    def summary(self) -> str:
        """What was seen, in one line, and what became of it, in others."""
        kinds = ", ".join(f"{count:,} {name}" for name, count in self.anomalies.items() if count)
        seen = (
            f"{plural(self.observations, 'observation')} of {len(self._pipeline.index):,} series: "
            f"{plural(sum(self.anomalies.values()), 'anomaly', 'anomalies')}"
            f"{f' ({kinds})' if kinds else ''}, "
            f"{plural(self.alerts, 'alert')}, {plural(len(self.faults), 'faulty line')}"
        )
        return "\n".join([seen, *self.tally.lines(len(self.faults))])

    def warnings(self, is_sorted: bool = False) -> list[str]:
        """What kept observations from being scored, each with its cure."""
        pipeline = self._pipeline
        return list(self.tally.warnings(pipeline.bank, pipeline.index.series, self._groups, is_sorted))

    def _count(self, records: RecordColumns, output: Output, written: Provenance) -> None:
        assert output.outcome is not None
        assert output.observations is not None
        counts = output.outcome.counts
        self.tally.add(counts, output.observations)
        for name in self.anomalies:
            self.anomalies[name] += getattr(counts, name)
        self.alerts += _count_firing(output.alerts)
        self.faults += [
            LineFault(
                written.name(fault.record), int(records.offset[fault.record]), fault.reason, fault.detail
            )
            for fault in output.faults
        ]

    def _all_lines(self, records: RecordColumns, output: Output, written: Provenance) -> Iterator[bytes]:
        """A line for each observation, in input order: its verdicts, or why it has none."""
        outcome, batch = output.outcome, output.observations
        assert outcome is not None
        assert batch is not None
        alerts = {alert.verdict: alert.body for alert in output.alerts}
        judged = outcome.observation.tolist()
        index = self._pipeline.index
        series, times = batch.series.tolist(), batch.timestamp.tolist()
        verdict = 0
        for observation in range(len(batch)):
            if verdict == len(judged) or judged[verdict] != observation:
                passed_over = self._passed_over(records, batch, observation)
                yield written.score_line(passed_over, int(batch.record[observation]))
                continue
            self._last_time[index.series[series[observation]]] = times[observation]
            while verdict < len(judged) and judged[verdict] == observation:
                score = output.scores[verdict]
                yield written.score_line(score.body, score.record, alerts.get(verdict))
                verdict += 1

    def _passed_over(
        self, records: RecordColumns, batch: ObservationColumns, observation: int
    ) -> ScoreRecord:
        """The line of an observation that no config judged; its status says why."""
        number = int(batch.series[observation])
        series, time = self._pipeline.index.series[number], float(batch.timestamp[observation])
        itself = batch.series[observation : observation + 1]
        if self._pipeline.bank.directory.is_over_limit(itself)[0]:
            status = "refused"
        elif series not in self._last_time:
            status = "member" if self._pipeline.in_groups(itself)[0] else "unmatched"
        else:
            last = self._last_time[series]
            status = "duplicate" if time == last else "late" if time < last else "ahead"
        verdict = Verdict(
            timestamp=time,
            value=float(batch.value[observation]),
            status=Status.NORMAL,
            score=None,
            detectors={},
        )
        source = Source(records.topic, records.partition, int(batch.offset[observation]))
        _, record = score_record(Occurrence(series, _NO_CONFIG, verdict, source))
        return msgspec.structs.replace(record, status=status)


def _lines(publications: Iterable[Publication[ScoreRecord] | Publication[AlertEvent]]) -> Iterator[bytes]:
    return (publication.value + b"\n" for publication in publications)


def _count_firing(alerts: Iterable[Publication[AlertEvent]]) -> int:
    return sum(alert.body.status == "firing" for alert in alerts)
