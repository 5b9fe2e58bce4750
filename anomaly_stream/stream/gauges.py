"""The reports of a worker on its partitions: gauges, and one log line for each limit reached."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import duration, series_name
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.groups.missing_members import LEAST_BUCKETS, MissingMember
from anomaly_stream.groups.short_intervals import ShortInterval
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model.alert_rates import alerts_per_day
from anomaly_stream.model.baseline_loads import BaselineRefusal, RefusalReason
from anomaly_stream.model.limits import ReachedLimit
from anomaly_stream.ops.health import Progress
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.pipeline.config_promises import ConfigPromise, promises_of
from anomaly_stream.registry.promised_alerts import group_alerts_per_week
from anomaly_stream.stream.partitions.partition import Partition

logger = get_logger(__name__)

_REPORT_S = 1.0
_PROMISES_EVERY = 10
"""Promises are reported every tenth time, because they need a pass over all rows."""
_REFUSALS = {
    RefusalReason.SHAPE: "because the config has changed since the load: load the history again",
    RefusalReason.EXPIRED: "because the series was idle for series_ttl after the end of the history",
    RefusalReason.DAMAGED: "because their records contradict themselves: load the history again",
}


class Gauges:
    """Keeps the metrics and the budget up to date with the partitions held."""

    def __init__(self, metrics: WorkerMetrics, budget: Budget) -> None:
        self._metrics = metrics
        self._budget = budget
        metrics.state_bytes_limit.set(budget.max_bytes)
        self._logged: set[ReachedLimit] = set()
        self._refused: set[tuple[str, RefusalReason]] = set()
        self._missing: set[tuple[str, int, str]] = set()
        self._excesses: set[tuple[str, int]] = set()
        self._crowded: set[tuple[str, int]] = set()
        self._short: set[tuple[str, int]] = set()

    async def run(
        self, held: Callable[[], Mapping[int, Partition]], progress: Callable[[], Iterable[Progress]]
    ) -> None:
        """Report on the partitions held, and on how far they are, until cancelled."""
        for turn in itertools.count():
            self.hold(held().values())
            self.lag(progress() if held() else ())
            if turn % _PROMISES_EVERY == 0:
                self.promises(held().values())
            await asyncio.sleep(_REPORT_S)

    def hold(self, partitions: Collection[Partition]) -> None:
        """Report ``partitions`` as the ones held now."""
        if not partitions:  # their next owner reports their lag
            self._metrics.lag.clear()
        banks = [partition.pipeline.bank for partition in partitions]
        self._budget.banks = banks
        self._metrics.partitions.set(len(banks))
        self._metrics.series.set(sum(bank.series_held for bank in banks))
        self._metrics.rows.set(sum(bank.rows_held for bank in banks))
        self._metrics.silent_series.set(sum(each.pipeline.no_data.silent_count for each in partitions))
        instances = [partition.pipeline.instances for partition in partitions]
        self._metrics.group_instances.set(sum(len(each) for each in instances))
        loaded = [partition.pipeline.loaded for partition in partitions]
        self._metrics.baselines_waiting.set(sum(each.waiting for each in loaded if each is not None))
        held = sum(bank.bytes_held for bank in banks) + sum(each.bytes_held for each in instances)
        self._metrics.state_bytes.set(held)
        self._missing_members([member for each in instances for member in each.missing])
        self._short_intervals([short for each in instances for short in each.short])

    def _missing_members(self, missing: Sequence[MissingMember]) -> None:
        """Report the members that never sent a value, and log the first instance that lacks each."""
        gauge = self._metrics.group_members_missing
        gauge.clear()
        for config_id, count in Counter(each.group.id for each in missing).items():
            gauge.labels(config_id).set(count)
        for group, member, instance in missing:
            if (group.id, group.version, member.name) not in self._missing:
                self._missing.add((group.id, group.version, member.name))
                labels = f", and the labels of `by` ({', '.join(group.by)})" if group.by else ""
                logger.warning(
                    "Group %r: member %s never came to instance %s in %d intervals: check that series of %r "
                    "are sent that have the labels of its `match`%s",
                    *(group.id, member.name, series_name(instance), LEAST_BUCKETS, member.metric, labels),
                )

    def _short_intervals(self, short: Sequence[ShortInterval]) -> None:
        """Report the instances with too short an interval, and log the first one of each group."""
        gauge = self._metrics.group_intervals_short
        gauge.clear()
        for config_id, count in Counter(each.group.id for each in short).items():
            gauge.labels(config_id).set(count)
        for group, instance, step_s in short:
            if (group.id, group.version) not in self._short:
                self._short.add((group.id, group.version))
                logger.warning(
                    "Group %r: values come to instance %s every %s, and the interval of %s chooses detectors "
                    "for faster members: set `interval` to the time between the values of its slowest member",
                    *(group.id, series_name(instance), duration(step_s), duration(group.interval_s)),
                )

    def promises(self, partitions: Collection[Partition]) -> None:
        """Report promised and opened alerts of the configs that set ``max_false_alarms``.

        Without a judged series the promise is not known. It would be 0, as if no alert were possible.
        """
        totals: dict[str, Floats] = defaultdict(lambda: np.zeros(2))
        for found in promises_of(each.pipeline.bank for each in partitions):
            totals[found.config.id] += found.alerts_per_week, found.judged
            self._warn(found)
        for instances in (each.pipeline.instances for each in partitions):
            for group, count in zip(instances.plan.configs, instances.instance_counts, strict=True):
                if group.false_alarms_per_week:
                    totals[group.id] += count * group_alerts_per_week(group), count
        opened = _opened_per_day(partitions)
        gauges = self._metrics.promised_alerts, self._metrics.promised_series, self._metrics.opened_alerts
        for gauge in gauges:
            gauge.clear()  # a config may have gone
        for config_id, (promised, series) in totals.items():
            figures = promised if series else None, series, opened.get(config_id)
            for gauge, figure in zip(gauges, figures, strict=True):
                if figure is not None:
                    gauge.labels(config_id).set(figure)

    def _warn(self, found: ConfigPromise) -> None:
        """Log once for each version of a config that more is promised than it asks for."""
        version = found.config.id, found.config.version
        for logged, text in ((self._excesses, found.excess), (self._crowded, found.crowding)):
            if text and version not in logged:
                logged.add(version)
                logger.warning("%s", text)

    def lag(self, progress: Iterable[Progress]) -> None:
        """Report the lag of source partitions."""
        for each in progress:
            self._metrics.lag.labels(each.topic, str(each.partition)).set(max(0, each.end - each.done))

    def limits(self, reached: Sequence[ReachedLimit]) -> None:
        """Log each limit of each config or owner once: in the partition that reaches it first."""
        for limit in set(reached) - self._logged:
            self._logged.add(limit)
            logger.warning("%s", limit)

    def refused_baselines(self, refused: Sequence[BaselineRefusal]) -> None:
        """Log the first loaded baseline of each config that is refused for each reason."""
        for refusal in refused:
            if (refusal.config_id, refusal.reason) not in self._refused:
                self._refused.add((refusal.config_id, refusal.reason))
                logger.warning(
                    "Loaded baselines of config %r are not used, %s: first for %s",
                    *(refusal.config_id, _REFUSALS[refusal.reason], series_name(refusal.series)),
                )


def _opened_per_day(partitions: Collection[Partition]) -> dict[str, float | None]:
    """By config, the alerts per day of the partitions that hold series of it, or counted an alert."""
    counts: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for each in partitions:
        alerts = each.recent_alerts.total()
        for config_id in {*_held(each), *alerts}:
            counts[config_id].append((alerts[config_id], each.recent_alerts.covered_s))
    return {config_id: alerts_per_day(found) for config_id, found in counts.items()}


def _held(partition: Partition) -> Iterator[str]:
    """The configs and groups of which a partition holds a series or an instance."""
    bank, instances = partition.pipeline.bank, partition.pipeline.instances
    for config, count in zip(bank.plan.configs, bank.rows_per_config.tolist(), strict=True):
        if count:
            yield config.id
    for group, count in zip(instances.plan.configs, instances.instance_counts, strict=True):
        if count:
            yield group.id
