"""The checkpoint's chain: each link after the one before, nothing after a failure."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from anomaly_stream.engine.budget import Budget
from anomaly_stream.engine.plan import compile_plan
from anomaly_stream.errors import BrokerError, FencedError, TopicError
from anomaly_stream.model import SeverityBands
from anomaly_stream.settings import Settings
from anomaly_stream.stream.topics import TopicNames
from anomaly_stream.stream.worker import StreamWorker
from anomaly_stream.telemetry import Telemetry

LINKS = ["barrier", "epochs", "changelog", "rocksdb", "commit"]


class World:
    """A worker whose surroundings write down what they are asked, and fail where told."""

    def __init__(self, failing: str = "", error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.failing, self.error = failing, error or BrokerError("refused")
        self.crashes: list[BaseException] = []
        self.committed: dict[TP, int] = {}
        self.epoch = 7
        self.on_write = lambda: None
        names = TopicNames.of(Settings())
        app = SimpleNamespace(in_recovery=False, crash=self._crash, consumer=self)
        self.worker = StreamWorker(
            app,
            SimpleNamespace(data=SimpleNamespace(write_checkpoint=lambda *_: self._link("rocksdb"))),  # type: ignore[arg-type]
            SimpleNamespace(barrier=self.barrier),  # type: ignore[arg-type]
            self,
            names,
            [("metrics", 7)],
            compile_plan([], SeverityBands()),
            Telemetry(CollectorRegistry()),
            Budget(10, 10**9),
            current_epochs=self.epochs,
            slice_records=100,
            release_timeout_s=0.2,
        )
        self.hold([(b"key", b"value")])

    def hold(self, records: list[tuple[bytes, bytes]]) -> None:
        stages = [records]
        pipeline = SimpleNamespace(bank=SimpleNamespace(series_held=0, rows_held=0, bytes_held=0))

        def take_dirty() -> Any:
            taken, stages[:] = list(stages), []
            return taken

        partition: Any = SimpleNamespace(
            watermarks={"metrics": 5},
            take_dirty=take_dirty,
            committed=lambda: self._link("committed"),
            pipeline=pipeline,
        )
        self.worker._partitions = {0: partition}

    def _link(self, name: str) -> None:
        self.asked.append(name)
        if name == self.failing:
            raise self.error

    async def _crash(self, error: BaseException) -> None:
        self.crashes.append(error)

    async def barrier(self) -> None:
        self._link("barrier")

    def epochs(self) -> dict[str, int]:
        self._link("epochs")
        return {"metrics": self.epoch}

    async def claim(self, partitions: Any) -> None:
        """Part of ChangelogWriter."""

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
    assert world.asked == [*LINKS, "committed"]
    assert world.committed == {TP("metrics", 0): 5}


@pytest.mark.parametrize("failing", ["barrier", "changelog", "rocksdb"])
async def test_a_failure_stops_the_chain_for_good(failing: str) -> None:
    world = World(failing)
    assert not await world.worker.checkpoint()
    assert world.asked == LINKS[: LINKS.index(failing) + 1]
    assert world.crashes == [world.error]
    world.failing = ""
    await world.worker.release()  # the rows of the failed one count as clean: another commit would lose them
    assert "commit" not in world.asked


async def test_cancelled_within_it_nothing_is_committed_later() -> None:
    world = World()
    never = asyncio.Event()
    world.worker._publisher.barrier = never.wait  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(world.worker.checkpoint())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await world.worker.release()
    assert world.asked == []


async def test_letting_go_is_bounded_in_time() -> None:
    world = World()
    never = asyncio.Event()
    world.worker._publisher.barrier = never.wait  # type: ignore[method-assign,assignment]
    await asyncio.wait_for(world.worker.release(), 5)
    assert world.asked == []
    assert not world.crashes


async def test_partitions_let_go_while_the_changelog_is_written() -> None:
    world = World()
    world.on_write = lambda: world.hold([])  # meanwhile recovered anew: its RocksDB may be ahead
    assert not await world.worker.checkpoint()
    assert world.asked == ["barrier", "epochs", "changelog"]
    assert not world.crashes


async def test_a_newer_owner_is_no_crash_while_letting_go() -> None:
    world = World("changelog", FencedError("a newer owner"))
    await world.worker.release()
    assert not world.crashes
    assert "commit" not in world.asked


async def test_a_newer_owner_ends_a_worker_that_goes_on() -> None:
    world = World("changelog", FencedError("a newer owner"))
    assert not await world.worker.checkpoint()
    assert world.crashes == [world.error]


async def test_a_topic_made_anew_ends_the_worker_before_its_state_is_durable() -> None:
    world = World()
    world.epoch = 8
    assert not await world.worker.checkpoint()
    assert world.asked == ["barrier", "epochs"]
    assert isinstance(world.crashes[0], TopicError)
    assert "made anew" in str(world.crashes[0])
