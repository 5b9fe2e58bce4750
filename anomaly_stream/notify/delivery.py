"""Delivery on an event loop in a thread: one queue for each receiver, so that none delays another."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from anomaly_stream.notify.dispatch import Delivery, DeliveryError, ReceiverQueue, RetryPolicy
from anomaly_stream.notify.guarded_http import GuardedClient
from anomaly_stream.notify.receivers import Receiver, attempt
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Templates

_AHEAD = 8
"""Messages handed to the thread for each request in flight: it goes on while the journal is written."""


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an attempt."""

    delivery: Delivery
    error: DeliveryError | None
    at: float


class Dispatcher:
    """The queues of all receivers, and the thread that delivers. Its methods are for one other thread.

    Args:
        receivers: by name.
        client: the HTTP client of the receivers; it is open while the thread runs.
        templates: how messages read.
        policy: of retries.
        concurrency: requests in flight to one receiver.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        client: GuardedClient,
        templates: Templates,
        policy: RetryPolicy,
        concurrency: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.queues = {
            name: ReceiverQueue(policy, concurrency, _AHEAD * concurrency, random.uniform)
            for name in receivers
        }
        self._receivers = receivers
        self._client = client
        self._templates = templates
        self._clock = clock
        self._concurrency = concurrency
        self._started: dict[str, asyncio.Queue[Delivery | None]] = {
            name: asyncio.Queue() for name in receivers
        }
        self._results: SimpleQueue[Result] = SimpleQueue()
        self._is_closing = False
        self._loop = asyncio.new_event_loop()
        # For each receiver, one look-up of its name, and the pictures of its messages.
        self._loop.set_default_executor(ThreadPoolExecutor(len(receivers) * (1 + concurrency)))
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def put(self, message: Message, now: float) -> None:
        """Add a message, whose state is written."""
        self.queues[message.receiver].put(message, now)

    def start(self, now: float) -> None:
        """Start the attempts that are due."""
        due = [delivery for queue in self.queues.values() for delivery in queue.start(now)]
        if due:
            self._loop.call_soon_threadsafe(self._submit, due)

    def results(self) -> list[Result]:
        """The attempts that have ended since the last call."""
        found = []
        while not self._results.empty():
            found.append(self._results.get())
        return found

    def close(self) -> None:
        """Wait for the attempts in flight; :meth:`results` has them. Others are not begun."""
        self._is_closing = True
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._deliver())

    def _submit(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._started[delivery.message.receiver].put_nowait(delivery)

    def _end(self) -> None:
        for started in self._started.values():
            for _ in range(self._concurrency):
                started.put_nowait(None)

    async def _deliver(self) -> None:
        async with self._client, asyncio.TaskGroup() as workers:
            for started in self._started.values():
                for _ in range(self._concurrency):
                    workers.create_task(self._work(started))

    async def _work(self, started: asyncio.Queue[Delivery | None]) -> None:
        while (delivery := await started.get()) is not None and not self._is_closing:
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        message = delivery.message
        error = await attempt(self._receivers[message.receiver], message, self._templates)
        self._results.put(Result(delivery, error, self._clock()))
