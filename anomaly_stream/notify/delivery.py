"""Delivery in threads: one queue and one pool for each receiver, so that none delays another."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify.dispatch import Delivery, DeliveryError, ReceiverQueue, RetryPolicy
from anomaly_stream.notify.receivers import Receiver
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Templates


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an attempt.

    Attributes:
        delivery: what was attempted.
        error: why it failed; None: it is delivered.
        is_retried: whether another attempt follows.
        at: when it ended.
    """

    delivery: Delivery
    error: DeliveryError | None
    is_retried: bool
    at: float


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many messages of a receiver are not delivered, and whether its circuit is open."""

    waiting: int
    is_open: bool


class Dispatcher:
    """The queues and threads of all receivers. Its methods are for one thread.

    A thread that ends an attempt starts the next one that is due, so the rate does not depend on how often
    :meth:`start` is called.

    Args:
        receivers: by name.
        templates: how messages read.
        policy: of retries.
        concurrency: messages in flight to one receiver.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        templates: Templates,
        policy: RetryPolicy,
        concurrency: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._receivers = receivers
        self._templates = templates
        self._clock = clock
        self._results: SimpleQueue[Result] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_closed = False
        self._queues = {name: ReceiverQueue(policy, concurrency, random.uniform) for name in receivers}
        self._pools = {
            name: ThreadPoolExecutor(concurrency, thread_name_prefix=f"to {name}") for name in receivers
        }

    def put(self, message: Message, now: float) -> None:
        """Add a message, whose state is written."""
        with self._lock:
            self._queues[message.receiver].put(message, now)

    def start(self, now: float) -> None:
        """Start the attempts that are due."""
        with self._lock:
            for name in self._queues:
                self._start(name, now)

    def results(self) -> list[Result]:
        """The attempts that have ended since the last call."""
        found = []
        while not self._results.empty():
            found.append(self._results.get())
        return found

    def expired(self, now: float) -> list[Delivery]:
        """Deliveries that waited too long for a receiver that fails; they are the caller's."""
        with self._lock:
            return [each for queue in self._queues.values() for each in queue.expire(now)]

    def states(self) -> dict[str, QueueState]:
        """The state of each queue by receiver."""
        with self._lock:
            return {name: QueueState(len(queue), queue.is_open) for name, queue in self._queues.items()}

    def close(self) -> None:
        """Wait for the attempts in flight; :meth:`results` has them."""
        with self._lock:
            self._is_closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _start(self, name: str, now: float) -> None:
        if not self._is_closed:
            for delivery in self._queues[name].start(now):
                self._pools[name].submit(self._attempt, delivery)

    def _attempt(self, delivery: Delivery) -> None:
        message, error = delivery.message, None
        try:
            self._receivers[message.receiver].deliver(message, self._templates.render(message))
        except DeliveryError as failure:
            error = failure
        except SettingsError as failure:
            error = DeliveryError(str(failure))
        except Exception as failure:  # its text may hold a secret
            error = DeliveryError(f"unexpected {type(failure).__name__}")
        now = self._clock()
        with self._lock:
            queue = self._queues[message.receiver]
            is_retried = error is not None and queue.fail(delivery, error, now)
            if error is None:
                queue.succeed()
            self._start(message.receiver, now)
        self._results.put(Result(delivery, error, is_retried, now))
