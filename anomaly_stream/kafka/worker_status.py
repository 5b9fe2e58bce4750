"""The reports of all workers together: configs by worker, metrics seen, series that a config would watch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.alert_rates import alerts_per_day
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric
from anomaly_stream.registry.matching import holds, selects
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.selections import selections_of, selects_series


@dataclass(frozen=True, slots=True)
class WorkerPosition:
    """A worker, and how far it has applied the configs topic."""

    worker: str
    config_offset: int
    partitions: tuple[int, ...]
    series: int
    """Series that it holds under the config."""


@dataclass(frozen=True, slots=True)
class ConfigStatus:
    """One config in all workers.

    Attributes:
        workers: the workers that hold partitions, sorted by name.
        activity: the sums over all partitions; ``error`` is that of any worker.
        alerts_per_day: by event time; None while a partition with its series covers less than an hour.
        incomplete: a partition has so many configs that this one may be missing from its report.
    """

    workers: tuple[WorkerPosition, ...]
    activity: ConfigActivity
    alerts_per_day: float | None
    incomplete: bool


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The newest report on each partition."""

    partitions: Mapping[int, PartitionStatus] = field(default_factory=lambda: MappingProxyType({}))

    def with_reports(self, reports: Iterable[PartitionStatus]) -> "WorkerStatus":
        """The status after further reports."""
        newer = {report.partition: report for report in reports}
        return WorkerStatus(MappingProxyType({**self.partitions, **newer}))

    def held(self, now_ms: float) -> "WorkerStatus":
        """The reports that have not expired: those of partitions that a worker holds."""
        live = {number: one for number, one in self.partitions.items() if one.expires_at_ms > now_ms}
        return WorkerStatus(MappingProxyType(live))

    def config(self, config_id: str) -> ConfigStatus:
        """What the workers report on one config."""
        reports = [(one, _activity_of(one, config_id)) for one in self.partitions.values()]
        return ConfigStatus(
            tuple(self._positions(config_id)),
            ConfigActivity(
                config_id,
                series=sum(activity.series for _, activity in reports),
                learning=sum(activity.learning for _, activity in reports),
                refused=sum(activity.refused for _, activity in reports),
                alerts=sum(activity.alerts for _, activity in reports),
                anomalies=sum(activity.anomalies for _, activity in reports),
                withheld=sum(activity.withheld for _, activity in reports),
                false_alarms_per_day=sum(activity.false_alarms_per_day for _, activity in reports),
                alerts_covered=sum(activity.alerts_covered for _, activity in reports),
                error=next((activity.error for _, activity in reports if activity.error), ""),
            ),
            alerts_per_day(
                (activity.alerts_covered, report.covered_s)
                for report, activity in reports
                if activity.series or activity.alerts_covered
            ),
            any(report.configs_left_out and not activity.series for report, activity in reports),
        )

    def metrics(self) -> list[SeenMetric]:
        """All metrics by name, each summed over the partitions."""
        by_name: dict[str, list[SeenMetric]] = {}
        for metric in self._seen():
            by_name.setdefault(metric.name, []).append(metric)
        return [_merged(by_name[name]) for name in sorted(by_name)]

    @property
    def metrics_left_out(self) -> int:
        """Metrics that did not fit into a report, summed over the partitions."""
        return sum(one.metrics_left_out for one in self.partitions.values())

    def matched(self, config: Config, limit: int = 10) -> tuple[int, Sequence[Series]] | None:
        """About how many of the series seen ``config`` selects, and up to ``limit`` of them.

        None if there are no reports.

        The number is exact without label matchers, and with one matcher if all values of its label are
        reported. Several matchers are taken as independent of each other.
        """
        if not self.partitions:
            return None
        selections = selections_of(config)
        count = 0
        examples: list[Series] = []
        for metric in self._seen():
            count += round(max(_selected(metric, name, matchers) for _, name, matchers in selections))
            if len(examples) < limit:
                sample = (Series.of(metric.name, labels) for labels in metric.examples)
                examples += (series for series in sample if selects_series(config, series))
        return max(count, len(examples)), examples[:limit]

    def mean_interval_s(self, config: AnomalyDetectionConfig) -> float | None:
        """Mean seconds between two values of a series of the metrics of ``config``; None if not known."""
        watched = [metric for metric in self._seen() if selects(config.metric, (), Series(metric.name))]
        per_minute = sum(metric.per_minute for metric in watched)
        return 60.0 * sum(metric.series for metric in watched) / per_minute if per_minute > 0 else None

    def _seen(self) -> Iterator[SeenMetric]:
        for report in self.partitions.values():
            yield from report.metrics

    def _positions(self, config_id: str) -> Iterator[WorkerPosition]:
        by_worker: dict[str, list[PartitionStatus]] = {}
        for report in self.partitions.values():
            by_worker.setdefault(report.worker, []).append(report)
        for worker, reports in sorted(by_worker.items()):
            yield WorkerPosition(
                worker,
                max(report.config_offset for report in reports),
                tuple(sorted(report.partition for report in reports)),
                sum(_activity_of(report, config_id).series for report in reports),
            )


def _activity_of(report: PartitionStatus, config_id: str) -> ConfigActivity:
    return next((one for one in report.configs if one.id == config_id), ConfigActivity(config_id))


def _merged(parts: Sequence[SeenMetric]) -> SeenMetric:
    """The same metric of several partitions as one."""
    labels: dict[str, Counter[str]] = {}
    for part in parts:
        for name, values in part.labels.items():
            labels.setdefault(name, Counter()).update(values)
    return SeenMetric(
        parts[0].name,
        sum(part.series for part in parts),
        round(sum(part.per_minute for part in parts), 3),
        {name: dict(values.most_common()) for name, values in sorted(labels.items())},
        [example for part in parts for example in part.examples],
    )


def _selected(metric: SeenMetric, name: str, matchers: Sequence[LabelMatcher]) -> float:
    """Estimated number of the metric's series that ``name``, a glob, and ``matchers`` select."""
    if not metric.series or not selects(name, (), Series(metric.name)):
        return 0.0
    selected = float(metric.series)
    for matcher in matchers:
        values = metric.labels.get(matcher.name, {})
        holding = sum(count for value, count in values.items() if holds(matcher, value))
        if holds(matcher, ""):  # series without the label, and those whose values are not reported
            holding += metric.series - sum(values.values())
        selected *= holding / metric.series
    return selected
