"""A consumer that notes when records arrive."""

import threading
import time

import orjson
from confluent_kafka import Consumer

from benchmarks.pacer import spike_id
from benchmarks.processes import ContenderError

ASSIGNED_S = 60.0


class Arrivals:
    """A consumer in a thread of its own, which notes when each record of some topics arrives."""

    def __init__(self, bootstrap: str, topics: list[str], group: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "auto.offset.reset": "latest",
                "enable.auto.commit": False,
            }
        )
        self._assigned = threading.Event()
        self._consumer.subscribe(topics, on_assign=lambda *_: self._assigned.set())
        self._records: list[tuple[str, bytes, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Arrivals":
        self._thread.start()
        if not self._assigned.wait(ASSIGNED_S):
            raise ContenderError("the consumer of alerts got no partitions")
        time.sleep(1)  # its position is the end of each partition, once it has asked for it
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            record = self._consumer.poll(0.1)
            now = time.monotonic_ns()
            if record is not None and record.error() is None:
                self._records.append((record.topic(), record.value(), now))

    def of(self, topic: str) -> dict[str, int]:
        """By `spike_id`, the first arrival on ``topic``; of alerts, only events that open one count."""
        found: dict[str, int] = {}
        for name, value, at in list(self._records):
            if name == topic and (document := orjson.loads(value)).get("status", "firing") == "firing":
                found.setdefault(spike_id(document), at)
        return found
