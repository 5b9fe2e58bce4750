"""Partitions built from the state table, once RocksDB has caught up with the changelog."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import plural
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.errors import BrokerError
from anomaly_stream.formats.state_keys import POSITION_KEY
from anomaly_stream.stream.partitions.config_change import ConfigPosition, InForce
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.partitions.position import Position
from anomaly_stream.stream.state.recovery import ChangelogRecovery
from anomaly_stream.stream.state.table import StateTable

logger = get_logger(__name__)

_ENDS_S = 60.0


class PartitionLoader:
    """Loads the partitions that a worker has claimed.

    Args:
        table: the state table.
        recovery: brings its RocksDB databases up to date.
        sources: the source topics with the generations whose offsets are valid.
        groups_topic: the source topic that carries the members of groups.
        past_configs: the configs that were in force at a position of the configs topic; None if that is not
            known any more. Blocks. Without it, the newest count also after a crash.
        ends: the offset after the last record of source partitions.
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
        past_configs: Callable[[ConfigPosition], InForce | None] | None,
        ends: Callable[..., Awaitable[Mapping[TP, int]]],
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
        self._past_configs = past_configs
        self._ends = ends
        self._budget = budget
        self._formats = formats
        self._max_ahead_s = max_ahead_s
        self._baselines = baselines
        self._max_open_alerts = max_open_alerts

    async def load(self, claimed: Mapping[int, int], newest: InForce) -> dict[int, Partition]:
        """The partitions of ``claimed`` (number to the offset of its claim record), by number.

        They work under ``newest``. One whose last owner crashed works under the configs of that owner until
        it has processed what was in the source topics.

        Raises:
            StateError: a state record cannot be read, or RocksDB does not match the changelog.
            BrokerError: Kafka refused.
        """
        await self._recovery.catch_up(claimed)
        ends = await self._ends_of(claimed)
        loaded = {}
        known: dict[ConfigPosition, InForce | None] = {newest.up_to: newest}
        for number in sorted(claimed):
            before = await self._configs_before(number, known)
            partition = loaded[number] = self._load(number, before or newest)
            if before is None:
                partition.configs.begin(newest, is_saved=False)
            else:
                of_topics = {tp.topic: end for tp, end in ends.items() if tp.partition == number}
                partition.configs.begin(before, is_saved=True, ends=of_topics)
                partition.configs.follow(newest)
                if partition.configs.is_waiting:
                    _log_old_configs(number, of_topics)
            await asyncio.sleep(0)
        return loaded

    async def _ends_of(self, numbers: Iterable[int]) -> Mapping[TP, int]:
        wanted = [TP(topic, number) for topic, _ in self._sources for number in numbers]
        if not wanted:
            return {}
        try:
            return await asyncio.wait_for(self._ends(*wanted), _ENDS_S)
        except TimeoutError:
            message = f"Kafka did not say within {_ENDS_S:g} s where the source topics end"
            raise BrokerError(message) from None

    async def _configs_before(
        self, number: int, known: dict[ConfigPosition, InForce | None]
    ) -> InForce | None:
        """The configs of the last owner of a partition, if it crashed and they are known."""
        record = self._table.data.record(number, POSITION_KEY)
        position = None if record is None else Position.decode(record).configs
        if position is None or self._past_configs is None:
            return None
        if position not in known:
            known[position] = await asyncio.to_thread(self._past_configs, position)
        return known[position]

    def _load(self, number: int, in_force: InForce) -> Partition:
        started = time.perf_counter()
        partition = Partition(
            number,
            in_force.plan,
            in_force.groups,
            self._sources,
            self._groups_topic,
            self._budget,
            self._formats,
            self._max_ahead_s,
            self._baselines,
            self._max_open_alerts,
        )
        rows = partition.load(self._table.data.records(number))
        partition.pipeline.commands.put(in_force.commands)
        logger.info("Partition %d: %s in %.1f s", number, plural(rows, "row"), time.perf_counter() - started)
        return partition


def _log_old_configs(number: int, ends: Mapping[str, int]) -> None:
    logger.info(
        "Partition %d: its last owner crashed, and the configs have changed since; those apply up to %s",
        number, ", ".join(f"offset {end} of {topic}" for topic, end in ends.items()),
    )  # fmt: skip
