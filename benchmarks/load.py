"""The load of every contender: values of many series, one JSON message of about 100 bytes each.

Values are random floats of 16 or 17 digits that do not repeat, because repeated values would make sorted
windows faster. One in `SPIKE_EVERY` is an outlier, so that there are anomalies to publish.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from confluent_kafka import KafkaError, KafkaException, Producer

PARTITIONS = 4
WINDOW_POINTS = 288
INTERVAL_S = 300
BASELINE_PERIOD_S = WINDOW_POINTS * INTERVAL_S - 60
"""It is one minute less than a day: each new value replaces one, so a window of `WINDOW_POINTS` stays full
and is never thinned."""
START_S = 1_700_000_000
METRIC = "cpu_usage"
SPIKE_EVERY = 20_000
SPIKE = 25.0
POLL_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Load:
    """``ticks`` rounds over ``series`` series; the first round has the number ``first_tick``.

    In every round each series has one value, in random order, because sources do not report in step. The same
    arguments give the same bytes. One value in `spike_every` is an outlier; 0: none is.
    """

    series: int
    ticks: int
    first_tick: int = 0
    seed: int = 7
    spike_every: int = SPIKE_EVERY

    @property
    def messages(self) -> int:
        """Total number of messages."""
        return self.series * self.ticks

    def rounds(self) -> Iterator[tuple[list[int], list[str]]]:
        """For each round the series numbers in order of arrival, and their messages."""
        rng = np.random.default_rng((self.seed, self.first_tick))
        heads = [message_head(number) for number in range(self.series)]
        for tick in range(self.first_tick, self.first_tick + self.ticks):
            order = rng.permutation(self.series)
            values = random_values(rng, order, self.spike_every)
            tail = f'"timestamp":{START_S + tick * INTERVAL_S}.25,"value":'
            numbers = order.tolist()
            yield (
                numbers,
                [
                    f"{heads[number]}{tail}{value!r}}}"
                    for number, value in zip(numbers, values.tolist(), strict=True)
                ],
            )


def random_values(
    rng: np.random.Generator, series: "np.ndarray[Any, Any]", spike_every: int = SPIKE_EVERY
) -> "np.ndarray[Any, Any]":
    """One value for each series number: normal around the level of its series, with some spikes."""
    deviation = rng.standard_normal(len(series))
    if spike_every:
        deviation[rng.integers(spike_every, size=len(series)) == 0] += SPIKE
    return 50.0 + series % 40 + 3.0 * deviation


def message_head(number: int) -> str:
    """The part of a message that is the same for all values of a series."""
    return f'{{"metric":"{METRIC}","labels":{{"host":"{series_key(number).decode()}"}},'


def series_key(number: int) -> bytes:
    """The key of a series' records: its host."""
    return f"host-{number:05d}".encode()


def partition_of(number: int) -> int:
    """The partition that holds a series."""
    return number % PARTITIONS


def produce(bootstrap: str, topic: str, load: Load, on_progress: Callable[[int], None]) -> None:
    """Write ``load`` to ``topic``, lz4, with the client's own batching.

    ``on_progress`` gets the count so far after every round. Raises KafkaException if a message is refused.
    """
    sender = _Sender(bootstrap, topic)
    keys = [series_key(number) for number in range(load.series)]
    sent = 0
    for numbers, messages in load.rounds():
        for number, message in zip(numbers, messages, strict=True):
            sender.send(keys[number], message, partition_of(number))
        sent += len(messages)
        on_progress(sent)
    sender.close()


def produce_windows(bootstrap: str, topic: str, series: int) -> None:
    """Write one full window per series to ``topic``, a JSON list of `WINDOW_POINTS` values.

    ``topic`` is a changelog of stock Faust, whose table then starts with full windows.
    """
    rng = np.random.default_rng(11)
    sender = _Sender(bootstrap, topic)
    for number in range(series):
        window = random_values(rng, np.full(WINDOW_POINTS, number)).tolist()
        sender.send(series_key(number), orjson.dumps(window), partition_of(number))
    sender.close()


class _Sender:
    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._error: KafkaError | None = None
        self._queued = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 500_000,
                "delivery.report.only.error": True,
                "on_delivery": self._on_error,
            }
        )

    def send(self, key: bytes, value: str | bytes, partition: int) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, partition)
                break
            except BufferError:
                self._poll(0.1)
        self._queued += 1
        if self._queued % POLL_EVERY == 0:
            self._poll(0)

    def close(self) -> None:
        self._producer.flush()
        self._raise_error()

    def _poll(self, timeout_s: float) -> None:
        self._producer.poll(timeout_s)
        self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise KafkaException(self._error)

    def _on_error(self, error: KafkaError | None, _: object) -> None:
        self._error = error or self._error
