"""Partitions built from the state table, once RocksDB has caught up with the changelog."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import plural
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.state.recovery import ChangelogRecovery
from anomaly_stream.stream.state.table import StateTable

logger = get_logger(__name__)


class PartitionLoader:
    """Loads the partitions that a worker has claimed.

    Args:
        table: the state table.
        recovery: brings its RocksDB databases up to date.
        sources: the source topics with the generations whose offsets are valid.
        groups_topic: the source topic that carries the members of groups.
        budget: the limits on the state of the process.
        formats: name of the format by source topic.
        max_ahead_s: how far the time of an observation may be ahead of its record's Kafka timestamp.
        baselines: the baselines that were loaded.
        max_open_alerts: the most open alerts of an owner in each partition; None for no maximum.
    """

    def __init__(
        self,
        table: StateTable,
        recovery: ChangelogRecovery,
        sources: Sequence[tuple[str, int]],
        groups_topic: str,
        budget: Budget,
        formats: Mapping[str, str],
        max_ahead_s: float,
        baselines: BaselineSource | None = None,
        max_open_alerts: int | None = None,
    ) -> None:
        self._table = table
        self._recovery = recovery
        self._sources = sources
        self._groups_topic = groups_topic
        self._budget = budget
        self._formats = formats
        self._max_ahead_s = max_ahead_s
        self._baselines = baselines
        self._max_open_alerts = max_open_alerts

    async def load(self, claimed: Mapping[int, int], plan: Plan, groups: GroupPlan) -> dict[int, Partition]:
        """The partitions of ``claimed`` (number to the offset of its claim record), by number.

        Raises:
            StateError: a state record cannot be read, or RocksDB does not match the changelog.
            BrokerError: Kafka refused.
        """
        await self._recovery.catch_up(claimed)
        loaded = {}
        for number in sorted(claimed):
            loaded[number] = self._load(number, plan, groups)
            await asyncio.sleep(0)
        return loaded

    def _load(self, number: int, plan: Plan, groups: GroupPlan) -> Partition:
        started = time.perf_counter()
        partition = Partition(
            number,
            plan,
            groups,
            self._sources,
            self._groups_topic,
            self._budget,
            self._formats,
            self._max_ahead_s,
            self._baselines,
            self._max_open_alerts,
        )
        rows = partition.load(self._table.data.records(number))
        logger.info("Partition %d: %s in %.1f s", number, plural(rows, "row"), time.perf_counter() - started)
        return partition
