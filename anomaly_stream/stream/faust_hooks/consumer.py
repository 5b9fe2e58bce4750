"""The app's transport, the consumer and its thread."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiokafka
import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from anomaly_stream.stream.faust_hooks.library_logs import FAUST

#: A broker answers a fetch once it has this much, or after this time. So a worker that keeps up processes
#: about a hundred fetches per second: each costs some milliseconds, however few records it has. The time is
#: short, because aiokafka sends one fetch at a time: partitions that are not part of it wait for the answer.
_FETCH_BYTES, _FETCH_WAIT_MS = 2**20, 10


class HookedApp(faust.App):  # type: ignore[misc]
    """A Faust app that makes its own transport and prepares its consumer."""

    logger = FAUST

    def create_transport(self) -> Any:
        """The transport; made once."""
        raise NotImplementedError

    def prepare_consumer(self, consumer: Any) -> None:
        """Called with each consumer before it starts."""

    async def before_consumer_stops(self, consumer: Any) -> None:
        """Called before the consumer (None if there is none) and the tables stop."""

    def _new_transport(self) -> Any:
        return self.create_transport()

    def _new_consumer(self) -> Any:
        consumer = super()._new_consumer()
        self.prepare_consumer(consumer)
        return consumer

    async def _stop_consumer(self) -> None:
        await self.before_consumer_stops(self._consumer)
        await super()._stop_consumer()


class HookedConsumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer without its lists of acked offsets and gaps."""

    logger = FAUST

    def create_thread(self) -> Any:
        """The thread that runs the aiokafka consumer."""
        raise NotImplementedError

    def to_message(self, tp: TP, items: list[Any]) -> Any:
        """The Faust message of all items that were fetched together; ``tp`` is that of the last."""
        raise NotImplementedError

    @property
    def thread(self) -> Any:
        """The thread that :meth:`create_thread` made."""
        return self._thread

    def forget(self, message: Any) -> None:
        """Stop waiting for ``message``."""
        self._unacked_messages.discard(message)

    async def commit_offsets(self, offsets: Mapping[TP, int]) -> bool:
        """Commit now; False if Kafka did not accept the offsets."""
        if not await self._commit(offsets):
            return False
        self._committed_offset.update(offsets)
        return True

    def _new_consumer_thread(self) -> Any:
        return self.create_thread()

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """At most one message. Each message takes several rounds of the event loop to its agent."""
        stock = super().getmany(timeout)
        if fetched := [each async for each in stock]:
            last, _ = fetched[-1]
            yield last, self.to_message(last, [item for _, item in fetched])

    def _to_message(self, tp: TP, record: Any) -> Any:
        return record

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: an agent that is behind delays the next fetch. If Faust excludes some partitions from
        it, aiokafka fetches nothing at all for 0.1 s."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Do nothing: no partition was excluded."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust reports partitions without traffic as stuck. ``/livez`` finds those with lag."""

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: the watermark replaces Faust's list of gaps."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _commit_handler(self) -> None:
        """Commit at each interval. Faust waits for two intervals before its first commit."""
        async for _ in self.itertimer(self.commit_interval, name="commit"):
            await self.commit()


class HookedConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread of the aiokafka consumer, which reads committed records only."""

    logger = FAUST

    async def commit_in_thread(self, offsets: Mapping[TP, int]) -> bool:
        """Commit ``offsets``; False if Kafka did not accept them. Runs in the thread."""
        raise NotImplementedError

    @property
    def client(self) -> Any:
        """The aiokafka consumer; its coroutines run in the thread."""
        return self._ensure_consumer()

    def position(self, tp: TP) -> int | None:
        """The offset that is fetched next; None while it is unknown."""
        subscribed = self.client._subscription.subscription
        if subscribed is None or subscribed.assignment is None:
            return None
        state = subscribed.assignment.state_value(aiokafka.TopicPartition(tp.topic, tp.partition))
        return None if state is None or not state.has_valid_position else int(state.position)

    async def fetch_committed(self, tps: list[Any]) -> Mapping[Any, Any]:
        """Committed offsets with their metadata, by aiokafka partition. Runs in the thread."""
        found: Mapping[Any, Any] = await self.client._coordinator.fetch_committed_offsets(tps)
        return found

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_min_bytes, consumer._fetch_max_wait_ms = _FETCH_BYTES, _FETCH_WAIT_MS
        return consumer

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Claim the partitions while heartbeats are sent.

        aiokafka would begin to send them only afterwards, and the session could expire meanwhile.
        """
        self.client._coordinator._start_heartbeat_task()
        await super().on_partitions_assigned(assigned, generation_id)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        return await self.commit_in_thread(offsets)
