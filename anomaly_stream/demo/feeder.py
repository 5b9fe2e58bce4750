"""Publishes the demo's messages: history on a virtual clock, then this host live."""

import threading
import time
from collections.abc import Sequence

from confluent_kafka import Producer

from anomaly_stream.demo.sources import Message, host_now

DAYS_PER_S = 1.0
"""Days of event time that the virtual clock advances per second."""
_DAY_S = 86_400
_TICK_S = 0.02
_HOST_INTERVAL_S = 0.25


class Feeder(threading.Thread):
    """A thread that replays history, then reads this host until stopped.

    Attributes:
        published: the messages published so far, in order.
        replayed: set once all history is published.
    """

    def __init__(self, client_options: dict[str, object], topic: str, history: Sequence[Message]) -> None:
        super().__init__(name="feeder", daemon=True)
        self._producer = Producer(
            {
                **client_options,
                "linger.ms": 20,
                "compression.type": "lz4",
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 20_000,
            }
        )
        self._topic = topic
        self._history = history
        self._stopped = threading.Event()
        self.published: list[Message] = []
        self.replayed = threading.Event()

    @property
    def clock(self) -> float:
        """Event time that the replay has reached, in seconds."""
        return self.published[-1].time if self.published else self._history[0].time

    def run(self) -> None:
        """Publish until stopped."""
        started, begin = time.monotonic(), self._history[0].time
        for message in self._history:
            due_s = (message.time - begin) / (DAYS_PER_S * _DAY_S)
            ahead_s = due_s - (time.monotonic() - started)
            if self._stopped.wait(ahead_s) if ahead_s > _TICK_S else self._stopped.is_set():
                return
            self._publish(message)
        self._producer.flush(30)
        self.replayed.set()
        while not self._stopped.wait(_HOST_INTERVAL_S):
            for message in host_now(time.time()):
                self._publish(message)

    def stop(self) -> None:
        """End the thread; waits for it."""
        self._stopped.set()
        self.join(10)
        self._producer.flush(5)

    def _publish(self, message: Message) -> None:
        while True:
            try:
                self._producer.produce(self._topic, key=message.key, value=message.value)
                break
            except BufferError:  # the broker is behind: wait for it
                self._producer.poll(0.1)
        self._producer.poll(0)
        self.published.append(message)
