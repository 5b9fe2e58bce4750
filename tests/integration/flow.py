"""A steady flow of values into every partition, and for how long each partition gave no result."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.integration.workers import partitions_of

CONFIG = (
    "id: flow\nmetric: flow\ndetectors: [zscore]\nmin_observations: 3\nbaseline_period: 10m\npublish: all\n"
)
INTERVAL_S = 0.1


class Flow:
    """Sends one value per ``INTERVAL_S`` to each partition, and notes when its score arrives.

    Needs a worker under ``CONFIG``. Use it within :meth:`running`.
    """

    def __init__(self, bootstrap: str, namespace: str) -> None:
        self._bootstrap = bootstrap
        self._metrics, self._scores = f"{namespace}-metrics", f"{namespace}-anomaly-scores"
        self._arrivals: defaultdict[int, list[float]] = defaultdict(list)
        self._newest: defaultdict[int, float] = defaultdict(float)
        self._stopped = threading.Event()
        self.partitions: list[int] = []

    @contextmanager
    def running(self) -> Iterator["Flow"]:
        """Send and receive in two threads until the context ends."""
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "flow", "log_level": 0})
        self.partitions = partitions_of(consumer, self._metrics)
        scores = partitions_of(consumer, self._scores)
        consumer.assign([TopicPartition(self._scores, number, 0) for number in scores])
        threads = [
            threading.Thread(target=self._send, daemon=True),
            threading.Thread(target=self._receive, args=(consumer,), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()
            consumer.close()

    def wait_for_all(self, timeout: float) -> None:
        """Wait until every partition has given the result of a value sent after this call.

        Results of earlier values do not count: they may be on their way from a worker that was killed.
        """
        begun = time.time()
        while silent := [number for number in self.partitions if self._newest[number] <= begun]:
            if time.time() - begun > timeout:
                raise AssertionError(f"partitions {silent} gave no result for {timeout:g} s")
            time.sleep(0.05)

    def silence(self, since: float) -> dict[int, float]:
        """By partition, the longest time in seconds without a result; ``since`` is of ``time.monotonic``.

        Time before ``since`` counts where the pause that spans it began there.
        """
        now = time.monotonic()
        found = {}
        for number in self.partitions:
            at = list(self._arrivals[number])
            before = [each for each in at if each <= since][-1:]
            times = [*before, *(each for each in at if each > since), now]
            found[number] = max(end - begin for begin, end in pairwise(times))
        return found

    def _send(self) -> None:
        producer = Producer({"bootstrap.servers": self._bootstrap, "linger.ms": 0, "log_level": 0})
        for tick in range(2**31):
            at_ms = time.time_ns() // 1_000_000
            for number in self.partitions:
                labels = {"partition": str(number)}
                value = 10 + tick * 7 % 11
                document = {"metric": "flow", "labels": labels, "timestamp_ms": at_ms, "value": value}
                producer.produce(self._metrics, json.dumps(document), partition=number)
            producer.poll(0)
            if self._stopped.wait(INTERVAL_S):
                break
        producer.flush(10)

    def _receive(self, consumer: Consumer) -> None:
        while not self._stopped.is_set():
            messages = consumer.consume(500, timeout=0.05)
            now = time.monotonic()
            for message in messages:
                if message.error() is None:
                    score = json.loads(message.value())
                    number = score["source"]["partition"]
                    self._arrivals[number].append(now)
                    self._newest[number] = max(self._newest[number], score["timestamp"])
