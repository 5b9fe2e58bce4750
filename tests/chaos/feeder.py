"""A producer that runs while the faults happen."""

import threading
import time

from confluent_kafka import Producer

from tests.integration.load import LoadMessage


class Feeder(threading.Thread):
    """Publishes the load evenly over ``duration_s``, in spite of broker outages; every series in order."""

    def __init__(self, bootstrap: str, topic: str, load: list[LoadMessage], duration_s: float) -> None:
        super().__init__(name="feeder", daemon=True)
        self._servers, self._topic, self._load, self._duration_s = bootstrap, topic, load, duration_s
        self._allowed = len(load)
        self._running = threading.Event()
        self._idle = threading.Event()
        self._running.set()
        self.failures: list[str] = []

    def run(self) -> None:
        producer = self._new_producer()
        gap = self._duration_s / len(self._load)
        due = time.monotonic()
        for number, message in enumerate(self._load):
            while number >= self._allowed or not self._running.is_set():
                if not self._running.is_set():
                    self._flush(producer)
                    self._idle.set()
                    self._running.wait()
                    producer = self._new_producer()  # sequence numbers of a recreated topic start over
                producer.poll(0.02)
                due = time.monotonic()
            producer.produce(self._topic, message.value or None, message.key, on_delivery=self._note)
            due += gap
            if number % 32 == 0:
                producer.poll(max(0.0, due - time.monotonic()))
        self._flush(producer)
        self._idle.set()

    def allow(self, share: float) -> None:
        """Publish up to this share of the load."""
        self._allowed = round(share * len(self._load))

    def pause(self) -> None:
        """Return once all produced records are acknowledged."""
        self._idle.clear()
        self._running.clear()
        if self.is_alive():
            while not self._idle.wait(0.1) and self.is_alive():
                pass

    def go_on(self) -> None:
        self._running.set()

    def _flush(self, producer: Producer) -> None:
        left = producer.flush(180)
        if left:
            self.failures.append(f"{left} messages were not published")

    def _note(self, error: object, _: object) -> None:
        if error is not None:
            self.failures.append(str(error))

    def _new_producer(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._servers,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "message.timeout.ms": 170_000,
                "compression.type": "lz4",
                "linger.ms": 20,
                "log_level": 0,
            }
        )
