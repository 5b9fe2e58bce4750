"""Publishes the demo's messages: history as fast as the worker processes it, then this host live."""

import threading
import time
from itertools import chain

from confluent_kafka import Producer

from anomaly_stream.demo.fleet import Fleet
from anomaly_stream.demo.sources import Message, fleet_messages, flow_messages, host_messages

_HOST_INTERVAL_S = 0.25


class Feeder(threading.Thread):
    """A thread that replays history, then reads this host until stopped.

    Attributes:
        observations: number published so far.
        replayed: set once all history is published.
        history: number of observations of the history; 0 until it is published.
    """

    def __init__(self, client_options: dict[str, object], topic: str, fleet: Fleet) -> None:
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
        self._fleet = fleet
        self._stopped = threading.Event()
        self.observations = 0
        self.replayed = threading.Event()
        self.history = 0

    def run(self) -> None:
        """Publish until stopped."""
        for message in chain(flow_messages(), fleet_messages(self._fleet)):
            if self._stopped.is_set():
                return
            self._publish(message)
        self._producer.flush(30)
        self.history = self.observations
        self.replayed.set()
        while not self._stopped.wait(_HOST_INTERVAL_S):
            self._publish_host()

    def stop(self) -> None:
        """End the thread; waits for it."""
        self._stopped.set()
        self.join(10)
        self._producer.flush(5)

    def _publish_host(self) -> None:
        for message in host_messages(time.time()):
            self._publish(message)

    def _publish(self, message: Message) -> None:
        while True:
            try:
                self._producer.produce(self._topic, key=message.key, value=message.value)
                break
            except BufferError:  # the broker is behind: wait for it
                self._producer.poll(0.1)
        self._producer.poll(0)
        self.observations += message.observations
