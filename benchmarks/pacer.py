"""``python -m benchmarks.pacer TASK DIRECTORY``: writes values at a fixed rate, with some spikes among them.

It notes the time of each spike just before ``produce``, by a clock that all processes share. It also writes
each spike to the echo topic, at the same moment, so that a plain consumer measures the share of this producer
and of the broker. The client has its defaults, among them its linger of 5 ms.
"""

import sys
import time
from typing import Any

import msgspec
import orjson
from confluent_kafka import Producer

from benchmarks.load import SPIKE, Load, partition_of, series_key

PAUSE_S = 0.001
QUEUE = 2_000_000
"""Number of messages that may wait for the broker: it must not stop the schedule."""


class Pace(msgspec.Struct, frozen=True):
    """What to write: ``rate`` values per second for ``seconds``, from round ``first_tick`` of the load.

    Each series with ``number % turns == turn`` has at most one spike, so that no spike falls into an open
    alert.
    """

    bootstrap: str
    topic: str
    echo: str
    series: int
    first_tick: int
    rate: int
    seconds: float
    spikes: int
    turns: int
    turn: int

    @property
    def ticks(self) -> int:
        """Number of rounds over the series."""
        return -(-int(self.rate * self.seconds) // self.series)


class Paced(msgspec.Struct, frozen=True):
    """What was written.

    Attributes:
        seconds: time from the first value to the last.
        late_s: how far the producer was behind its schedule, at most.
        cpu_seconds: of the producer's process meanwhile.
        spikes: by :func:`spike_id`, the time of its ``produce``, in nanoseconds of ``time.monotonic_ns``.
    """

    messages: int
    seconds: float
    late_s: float
    cpu_seconds: float
    spikes: dict[str, int]


class Schedule:
    """The messages of a pace, built before the first is sent."""

    def __init__(self, pace: Pace) -> None:
        self.numbers: list[int] = []
        self.messages: list[str] = []
        for numbers, messages in Load(pace.series, pace.ticks, pace.first_tick, spike_every=0).rounds():
            self.numbers += numbers
            self.messages += messages
        self.spikes = self._put_spikes(pace)

    def _put_spikes(self, pace: Pace) -> set[int]:
        """Turn evenly spaced messages, each of another series, into spikes; returns their positions."""
        done: set[int] = set()
        positions = set()
        for spike in range(pace.spikes):
            at = spike * len(self.messages) // pace.spikes
            while self.numbers[at] % pace.turns != pace.turn or self.numbers[at] in done:
                at += 1
            number = self.numbers[at]
            head, _, _ = self.messages[at].rpartition(":")
            self.messages[at] = f"{head}:{50.0 + number % 40 + 3.0 * SPIKE!r}}}"
            done.add(number)
            positions.add(at)
        return positions


def run(pace: Pace, schedule: Schedule) -> Paced:
    """Write the schedule."""
    producer = Producer(
        {
            "bootstrap.servers": pace.bootstrap,
            "compression.type": "lz4",
            "queue.buffering.max.messages": QUEUE,
        }
    )
    keys = [series_key(number) for number in range(pace.series)]
    for topic in (pace.topic, pace.echo):
        producer.list_topics(topic)  # metadata, which the first record would wait for
    stamps: dict[int, int] = {}
    sent, late, total = 0, 0.0, len(schedule.messages)
    cpu, started = time.process_time(), time.monotonic()
    while sent < total:
        due = min(total, int((time.monotonic() - started) * pace.rate))
        late = max(late, (due - sent) / pace.rate)
        for at in range(sent, due):
            number, message = schedule.numbers[at], schedule.messages[at]
            if at in schedule.spikes:
                stamps[at] = time.monotonic_ns()
                producer.produce(pace.echo, message, keys[number])
            _produce(producer, pace.topic, message, keys[number], partition_of(number))
        sent = due
        producer.poll(0)
        time.sleep(PAUSE_S)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    producer.flush()
    spikes = {spike_id(orjson.loads(schedule.messages[at])): stamp for at, stamp in stamps.items()}
    return Paced(total, seconds, late, cpu, spikes)


def _produce(producer: Producer, topic: str, message: str, key: bytes, partition: int) -> None:
    """Send a message; wait while the queue is full, which shows as being late."""
    while True:
        try:
            producer.produce(topic, message, key, partition)
            return
        except BufferError:
            producer.poll(PAUSE_S)


def spike_id(document: dict[str, Any]) -> str:
    """The identity of an observation, from its message or from the alert that it opened."""
    return f"{document['labels']['host']} at {document['timestamp']}"


def main() -> None:
    """Build the schedule, say so, write it and print what was written; one line of JSON each."""
    pace = msgspec.json.decode(sys.argv[1], type=Pace)
    schedule = Schedule(pace)
    print("{}", flush=True)
    print(msgspec.json.encode(run(pace, schedule)).decode(), flush=True)


if __name__ == "__main__":
    main()
