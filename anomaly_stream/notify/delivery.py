"""Delivery in threads: one queue and one pool for each receiver, so that none delays another."""

import random
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
    """The end of an attempt."""

    delivery: Delivery
    error: DeliveryError | None
    at: float


class Dispatcher:
    """The queues and threads of all receivers. Its methods are for one thread.

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
        self.queues = {name: ReceiverQueue(policy, concurrency, random.uniform) for name in receivers}
        self._pools = {
            name: ThreadPoolExecutor(concurrency, thread_name_prefix=f"to {name}") for name in receivers
        }

    def put(self, message: Message, now: float) -> None:
        """Add a message, whose state is written."""
        self.queues[message.receiver].put(message, now)

    def start(self, now: float) -> None:
        """Start the attempts that are due."""
        for name, queue in self.queues.items():
            for delivery in queue.start(now):
                self._pools[name].submit(self._attempt, delivery)

    def results(self) -> list[Result]:
        """The attempts that have ended since the last call."""
        found = []
        while not self._results.empty():
            found.append(self._results.get())
        return found

    def close(self) -> None:
        """Wait for the attempts in flight; :meth:`results` has them."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)

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
        self._results.put(Result(delivery, error, self._clock()))
