"""Which message of a receiver is sent next: retries with backoff, and a circuit. Given the time, no clock."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from anomaly_stream.notify.state import Message

_OPENS_AFTER = 5
_MAX_EXPONENT = 30


class DeliveryError(Exception):
    """A receiver did not take a message. The text holds no secret.

    Args:
        reason: what happened.
        is_final: whether the message itself is refused, so that another attempt is of no use.
        retry_after_s: how long the receiver asks to wait.
        answer: what the receiver answered, for people. It differs each time, and holds no secret.
    """

    def __init__(
        self, reason: str, is_final: bool = False, retry_after_s: float = 0.0, answer: str = ""
    ) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.retry_after_s = retry_after_s
        self.answer = answer

    @property
    def explained(self) -> str:
        """The reason with the answer."""
        return f"{self}, answer: {self.answer}" if self.answer else str(self)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait between attempts, and when to give up, in seconds."""

    first_s: float
    most_s: float
    give_up_after_s: float


@dataclass(slots=True)
class Delivery:
    """A message on its way."""

    message: Message
    since: float
    """When this process took it, by the time in which attempts can be made. Before, nobody tried to deliver
    it, or another process did."""
    attempts: int = 0
    reason: str = field(default="not tried")
    """Why the last attempt failed."""


class ReceiverQueue:
    """The messages of one receiver.

    After five failures in a row the circuit opens: nothing is sent until a delay is over, and then one
    message alone. Its success closes the circuit.

    Args:
        policy: of retries.
        cautious: maximum number of messages in flight before the first success, and after a failure.
        most: the same after a success.
        uniform: a random number between two bounds, for full jitter.
    """

    def __init__(
        self, policy: RetryPolicy, cautious: int, most: int, uniform: Callable[[float, float], float]
    ) -> None:
        self._policy = policy
        self._cautious = cautious
        self._most = most
        self._uniform = uniform
        self._waiting: list[tuple[float, int, Delivery]] = []
        self._numbers = itertools.count()
        self._in_flight = 0
        self._limit = cautious
        self._failures = 0
        self._closed_until = 0.0
        self._rest_s = 0.0
        self._reason = ""

    def __len__(self) -> int:
        return len(self._waiting) + self._in_flight

    @property
    def is_in_flight(self) -> bool:
        """Whether an attempt has started and is not settled."""
        return self._in_flight > 0

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open: the receiver fails."""
        return self._failures >= _OPENS_AFTER

    @property
    def is_held_up(self) -> bool:
        """Whether messages wait for a receiver that fails. What was given up, or replayed, waits no more."""
        return self.is_open and len(self) > 0

    def put(self, message: Message, now: float) -> None:
        """Add a message."""
        self._push(now, Delivery(message, now - self._rest_s))

    def rest(self, seconds: float) -> None:
        """No attempt could be made for so long: no message is given up because of it."""
        self._rest_s += seconds

    def start(self, now: float) -> list[Delivery]:
        """The deliveries to attempt now."""
        if self.is_open and now < self._closed_until:
            return []
        free = self._limit - self._in_flight
        started: list[Delivery] = []
        while self._waiting and free > len(started) and self._waiting[0][0] <= now:
            started.append(heapq.heappop(self._waiting)[2])
        for delivery in started:
            delivery.attempts += 1
        self._in_flight += len(started)
        return started

    def succeed(self) -> None:
        """An attempt succeeded."""
        self._in_flight -= 1
        self._failures, self._limit = 0, self._most

    def fail(self, delivery: Delivery, error: DeliveryError, now: float) -> bool:
        """An attempt failed. Whether it is tried again; if not, it is the caller's."""
        self._in_flight -= 1
        delivery.reason, self._reason = error.explained, str(error)
        if error.is_final:
            self._failures, self._limit = 0, self._cautious  # the receiver answers
            return False
        self._failures += 1
        self._limit = 1 if self.is_open else self._cautious
        self._closed_until = now + self._delay_s(self._failures)
        if delivery.since < self._oldest(now):
            return False
        wait_s = max(self._delay_s(delivery.attempts), min(error.retry_after_s, self._policy.most_s))
        self._push(now + wait_s, delivery)
        return True

    def expire(self, now: float) -> list[Delivery]:
        """Deliveries that waited too long for a receiver that fails; they are the caller's."""
        if not self.is_open:
            return []
        oldest = self._oldest(now)
        expired = [one for _, _, one in self._waiting if one.since < oldest]
        if expired:
            self._waiting = [each for each in self._waiting if each[2].since >= oldest]
            heapq.heapify(self._waiting)
        for delivery in expired:
            if not delivery.attempts:
                delivery.reason = f"not tried, because others fail: {self._reason}"
        return expired

    def _oldest(self, now: float) -> float:
        """Messages that were taken earlier are given up."""
        return now - self._rest_s - self._policy.give_up_after_s

    def _push(self, at: float, delivery: Delivery) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), delivery))

    def _delay_s(self, attempts: int) -> float:
        """Full jitter: uniform from 0 to ``first * 2^(attempts - 1)``, which is limited."""
        exponent = min(attempts - 1, _MAX_EXPONENT)
        return self._uniform(0.0, min(self._policy.most_s, self._policy.first_s * 2.0**exponent))
