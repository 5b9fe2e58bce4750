"""The checkpoint chain: each link runs after the one before, and none after a failure."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from anomaly_stream.alerts.lifecycle import OPEN, fresh_alerts
from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.errors import BrokerError, FencedError, TopicError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AnomalyDetectionConfig, RecordColumns, Series, SeverityBands
from anomaly_stream.model.ownership import Ownership
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.process_metrics import PREFIX
from anomaly_stream.pipeline.commands import CommandQueue
from anomaly_stream.pipeline.withdrawals import Withdrawals
from anomaly_stream.settings import Settings
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.partitions.config_change import ConfigChange, ConfigPosition, InForce
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.publisher import OutboundRecord
from anomaly_stream.stream.series_commands import SeriesCommands
from anomaly_stream.stream.state.checkpoint import CheckpointChain
from anomaly_stream.stream.worker import StreamWorker

LINKS = ["barrier", "generations", "changelog", "rocksdb", "commit"]


class World:
    """A worker whose collaborators record their calls, and fail if a test requires it."""

    def __init__(self, failing: str = "", error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.failing, self.error = failing, error or BrokerError("refused")
        self.crashes: list[BaseException] = []
        self.committed: dict[TP, int] = {}
        self.generation = 7
        self.on_write = lambda: None
        self.starts = {TP("metrics", 0): 40}
        names = TopicNames.of(Settings())
        app = SimpleNamespace(
            in_recovery=False,
            crash=self._crash,
            consumer=self,
            assignor=SimpleNamespace(assigned_actives=lambda: {TP(names.changelog, 0)}),
        )
        here: Any = self
        table: Any = SimpleNamespace(data=self)
        metrics, budget = WorkerMetrics(CollectorRegistry()), Budget(10, 10**9)
        self.registry = metrics.registry
        sources = [("metrics", 7)]
        self.gauges = Gauges(metrics, budget)
        self.worker = StreamWorker(
            app,
            PartitionLoader(
                table,
                here,
                sources,
                names.groups,
                self.past,
                self.highwaters,
                budget,
                {"metrics": "json"},
                3600.0,
            ),
            here,
            here,
            CheckpointChain(app, table, here, here, names.changelog, sources, self.generations, metrics),
            names,
            InForce(compile_plan([], SeverityBands()), GroupPlan(), (), (1, 4)),
            metrics,
            self.gauges,
            SeriesCommands(metrics),
            slice_records=100,
            release_timeout_s=0.2,
        )
        self.hold([(b"key", b"value")])

    def hold(self, records: list[tuple[bytes, bytes]]) -> None:
        stages = [records]
        pipeline = SimpleNamespace(
            bank=SimpleNamespace(series_held=0, rows_held=0, bytes_held=0),
            instances=Instances(GroupPlan()),
            loaded=None,
            commands=CommandQueue(Bank(compile_plan([], SeverityBands()))),
            withdrawals=Withdrawals(),
            no_data=SimpleNamespace(silent_count=0),
        )

        def take_dirty() -> Any:
            taken, stages[:] = list(stages), []
            return taken

        partition: Any = SimpleNamespace(
            watermarks={"metrics": 5},
            take_dirty=take_dirty,
            pipeline=pipeline,
            act_on_heartbeat=list,
            configs=ConfigChange(),
            is_change_due=False,
        )
        self.worker._partitions = {0: partition}

    def checkpoint_batches(self, records: list[tuple[bytes, bytes]], offset: int) -> Any:
        """Part of StateStore."""
        yield records, offset

    def write_checkpoint(self, tp: TP, batch: Any) -> None:
        """Part of StateStore."""
        assert batch == ([(b"key", b"value")], 3)
        self._link("rocksdb")

    def records(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Part of StateStore."""
        return []

    def record(self, partition: int, key: bytes) -> bytes | None:
        """Part of StateStore."""
        return dict(self.records(partition)).get(key)

    def past(self, position: ConfigPosition) -> InForce | None:
        """Part of ConfigFollower."""
        return None

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        """Part of the consumer."""
        return dict.fromkeys(partitions, 50)

    def put(self, records: Any) -> None:
        """Part of Publisher."""

    async def room(self) -> None:
        """Part of Publisher."""

    def starts_of(self, partition: int) -> dict[str, int]:
        """Part of the consumer."""
        return {tp.topic: offset for tp, offset in self.starts.items() if tp.partition == partition}

    def highwater(self, tp: TP) -> None:
        """Part of the consumer."""

    async def on_seek(self) -> None:
        """For tests to replace."""

    def gauge(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(PREFIX + name, labels)

    def _link(self, name: str) -> None:
        self.asked.append(name)
        if name == self.failing:
            raise self.error

    async def _crash(self, error: BaseException) -> None:
        self.crashes.append(error)

    async def barrier(self) -> None:
        self._link("barrier")

    def generations(self) -> dict[str, int]:
        self._link("generations")
        return {"metrics": self.generation}

    async def catch_up(self, ends: dict[int, int]) -> None:
        """Part of ChangelogRecovery."""
        self.asked.append(f"catch up to {ends}")

    async def perform_seek(self) -> None:
        """Part of the consumer."""
        await self.on_seek()

    async def claim(self, partitions: Any) -> dict[int, int]:
        """Part of ChangelogWriter."""
        return dict.fromkeys(partitions, 9)

    async def release(self) -> None:
        """Part of ChangelogWriter."""

    async def write(self, partition: int, stages: Any) -> int:
        self._link("changelog")
        self.on_write()
        return 3

    async def commit_watermarks(self, offsets: dict[TP, int]) -> bool:
        self._link("commit")
        self.committed |= offsets
        return True


async def test_the_links_in_their_order() -> None:
    world = World()
    assert await world.worker.checkpoint()
    assert world.asked == LINKS
    assert world.committed == {TP("metrics", 0): 5}


async def test_withdrawn_alerts_are_published_between_two_checkpoints() -> None:
    world = World()
    partition: Any = world.worker._partitions[0]
    withdrawals: Withdrawals = partition.pipeline.withdrawals
    alert = fresh_alerts(1)
    alert["phase"], alert["severity"], alert["count"], alert["sequence"] = OPEN, 1, 1, 1
    withdrawals.add([WithdrawnAlert("a", Series("flow"), alert[0])], {"a": Ownership("a", "", {}, {})}, ())
    partition.number = 0
    partition.take_dirty = lambda: [*withdrawals.take_dirty({})]
    written: list[list[tuple[bytes, bytes | None]]] = []
    published: list[OutboundRecord] = []

    def put(records: list[OutboundRecord]) -> None:
        world.asked.append("put")
        published.extend(records)

    world.put = put  # type: ignore[method-assign]
    world.write_checkpoint = lambda tp, batch: written.append(batch[0])  # type: ignore[method-assign]
    assert await world.worker.checkpoint()
    links = [link for link in LINKS if link != "rocksdb"]
    assert world.asked == [*links, "put", *links]
    (record,) = published
    assert decode_alert(record.value or b"").reason == "config_deleted"
    assert [[value is None for _, value in records] for records in written] == [[False], [True]]
    assert written[0][0][0] == written[1][0][0]


async def test_records_processed_within_it_are_not_committed() -> None:
    world = World()
    partition: Any = world.worker._partitions[0]
    world.on_write = lambda: partition.watermarks.update(metrics=9)
    assert await world.worker.checkpoint()
    assert world.committed == {TP("metrics", 0): 5}


@pytest.mark.parametrize("failing", ["barrier", "changelog", "rocksdb"])
async def test_a_failure_stops_the_chain_permanently(failing: str) -> None:
    world = World(failing)
    assert not await world.worker.checkpoint()
    assert world.asked == LINKS[: LINKS.index(failing) + 1]
    assert world.crashes == [world.error]
    world.failing = ""
    await world.worker.release()  # the rows taken count as clean: another commit would lose them
    assert "commit" not in world.asked


async def test_cancelled_within_it_nothing_is_committed_later() -> None:
    world = World()
    never = asyncio.Event()
    world.barrier = never.wait  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(world.worker.checkpoint())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await world.worker.release()
    assert world.asked == []


async def test_release_is_bounded_in_time() -> None:
    world = World()
    never = asyncio.Event()
    world.barrier = never.wait  # type: ignore[method-assign,assignment]
    await asyncio.wait_for(world.worker.release(), 5)
    assert world.asked == []
    assert not world.crashes


async def test_partitions_released_while_the_changelog_is_written() -> None:
    world = World()
    world.on_write = lambda: world.hold([])  # a later recovery happened meanwhile: its RocksDB may be ahead
    assert not await world.worker.checkpoint()
    assert world.asked == ["barrier", "generations", "changelog"]
    assert not world.crashes


async def test_a_newer_owner_is_no_crash_while_releasing() -> None:
    world = World("changelog", FencedError("a newer owner"))
    await world.worker.release()
    assert not world.crashes
    assert "commit" not in world.asked


async def test_no_other_checkpoint_begins_during_a_release() -> None:
    world = World()
    release = asyncio.create_task(world.worker.release())
    while not world.asked:
        await asyncio.sleep(0)
    assert not await world.worker.checkpoint()  # as for a heartbeat
    await release
    assert world.asked == LINKS
    assert not world.crashes


async def test_a_newer_owner_ends_a_worker_that_goes_on() -> None:
    world = World("changelog", FencedError("a newer owner"))
    assert not await world.worker.checkpoint()
    assert world.crashes == [world.error]


async def test_a_recreated_topic_ends_the_worker_before_its_state_is_durable() -> None:
    world = World()
    world.generation = 8
    assert not await world.worker.checkpoint()
    assert world.asked == ["barrier", "generations"]
    assert isinstance(world.crashes[0], TopicError)
    assert "recreated" in str(world.crashes[0])


async def test_loading_begins_where_the_claim_ends_and_reading_where_was_committed() -> None:
    world = World()
    await world.worker.claim()
    await world.worker.load_partitions()
    assert world.asked == ["catch up to {0: 9}", "generations"]
    assert world.worker._partitions[0].expected("metrics") == 40
    assert world.worker.ready


async def test_configs_that_change_while_partitions_are_loaded_count_there_too() -> None:
    world = World()
    world.worker._partitions = {}
    plan = compile_plan([AnomalyDetectionConfig(id="new", metric="load")], SeverityBands())

    async def change() -> None:
        await world.worker.follow(InForce(plan, GroupPlan(), (), (1, 5)))

    world.on_seek = change  # type: ignore[method-assign]
    await world.worker.claim()
    await world.worker.load_partitions()
    world.write_checkpoint = lambda tp, batch: None  # type: ignore[method-assign]
    await world.worker.checkpoint()
    pipeline = world.worker._partitions[0].pipeline
    assert pipeline.plan is plan
    assert pipeline.bank.plan is plan


async def test_records_wait_until_it_is_durable_which_configs_count() -> None:
    world = World()
    world.worker._partitions = {}
    saving = asyncio.create_task(world.worker.save_loaded())
    await world.worker.claim()
    world.write_checkpoint = lambda tp, batch: None  # type: ignore[method-assign]
    await world.worker.load_partitions()
    partition = world.worker._partitions[0]
    assert partition.awaits_position
    processing = asyncio.create_task(world.worker.slices.run())
    await world.worker.slices.inbox.put([empty_records(40, 10)])
    world.on_write = lambda: world.asked.append(f"at {partition.watermarks}")
    while partition.watermarks != {"metrics": 50}:
        await asyncio.sleep(0.001)
    assert "at {}" in world.asked, "it was written before the first record was processed"
    assert not partition.awaits_position
    saving.cancel()
    processing.cancel()


async def test_a_change_makes_a_checkpoint_and_other_records_of_the_topic_do_not() -> None:
    world = World()
    await load(world)
    world.asked.clear()
    await world.worker.follow(InForce(compile_plan([], SeverityBands()), GroupPlan(), (), (1, 5)))
    assert world.asked == []
    plan = compile_plan([AnomalyDetectionConfig(id="new", metric="load")], SeverityBands())
    await world.worker.follow(InForce(plan, GroupPlan(), (), (1, 6)))
    assert "changelog" in world.asked
    assert world.worker._partitions[0].configs.position == (1, 6)
    assert world.gauge("configs") == 1


async def test_release_ends_loading() -> None:
    world = World()
    world.worker._partitions = {}
    reached, never = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await never.wait()

    world.on_seek = wait  # type: ignore[method-assign]
    await world.worker.claim()
    loading = asyncio.create_task(world.worker.load_partitions())
    await reached.wait()
    await world.worker.release()
    await loading
    assert not world.worker.ready
    assert world.worker._partitions == {}
    assert not world.crashes


async def test_a_recreated_topic_while_a_worker_started_is_not_read() -> None:
    world = World()
    world.worker._partitions = {}
    world.generation = 8
    await world.worker.claim()
    await world.worker.load_partitions()
    assert "recreated" in str(world.crashes)
    assert not world.worker.ready
    assert world.worker._partitions == {}


async def test_recovery_that_fails_ends_the_worker() -> None:
    world = World()
    world.worker._partitions = {}

    async def fail() -> None:
        raise BrokerError("no seek")

    world.on_seek = fail  # type: ignore[method-assign]
    await world.worker.load_partitions()
    assert "no seek" in str(world.crashes)
    assert not world.worker.ready


async def load(world: World) -> None:
    world.worker._partitions = {}
    await world.worker.claim()
    await world.worker.load_partitions()
    world.write_checkpoint = lambda tp, batch: None  # type: ignore[method-assign]
    await world.worker.checkpoint()


async def test_the_event_loop_runs_between_slices() -> None:
    """Heartbeats and messages of the group must not wait for a whole fetch."""
    world = World()
    await load(world)
    turns: list[int] = []

    async def count() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    processing = asyncio.create_task(world.worker.slices.run())
    await world.worker.slices.inbox.put([empty_records(40, 1000)])  # slices of 100
    while world.worker._partitions[0].watermarks != {"metrics": 1040}:
        await asyncio.sleep(0)
    counting.cancel()
    processing.cancel()
    assert len(turns) >= 10


async def test_gauges_follow_the_partitions_held() -> None:
    world = World()
    await load(world)
    end = {"metrics": 90, "groups": None}
    world.highwater = lambda tp: end[tp.topic.removeprefix("anomaly-")]  # type: ignore[method-assign]
    world.position = lambda tp: 40  # type: ignore[attr-defined]
    reporting = asyncio.create_task(world.gauges.run(world.worker.held, world.worker.progress))
    await asyncio.sleep(0)
    assert world.gauge("partitions") == 1
    assert world.gauge("lag", topic="metrics", partition="0") == 50
    await world.worker.release()
    assert world.gauge("partitions") == 0
    assert world.gauge("lag", topic="metrics", partition="0") is None
    reporting.cancel()


async def test_released_partitions_are_not_processed() -> None:
    world = World()
    await load(world)
    partition = world.worker._partitions[0]
    never = asyncio.Event()
    world.barrier = never.wait  # type: ignore[method-assign,assignment]
    releasing = asyncio.create_task(world.worker.release())
    processing = asyncio.create_task(world.worker.slices.run())
    await world.worker.slices.inbox.put([empty_records(40, 1000)])
    await releasing
    assert partition.watermarks == {}
    processing.cancel()


def empty_records(first: int, count: int) -> RecordColumns:
    none = np.zeros(count, np.int64)
    offsets = np.arange(first, first + count)
    nothing = np.empty(0, np.uint8)
    return RecordColumns(
        "metrics", 0, nothing, offsets, none, none, none - 1, none, none - 1, none, none, first + count, first
    )
