"""The thread that delivers: how many requests at once, what it does at the end, and what errors say."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify.delivery import Dispatcher, Result
from anomaly_stream.notify.dispatch import DeliveryError, RetryPolicy
from anomaly_stream.notify.guarded_http import Guard, GuardedClient
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.templates import Rendered, Templates
from tests.notify.world import event

CONCURRENCY = 2


def to(receiver: str, number: int) -> Message:
    return Message(
        f"{receiver}-{number}", "g", receiver, {}, 0.0, False, 1, (AlertNews(None, (event("a"),)),)
    )


class Recorded:
    """A receiver that takes a while, and keeps what it was given."""

    def __init__(self, act: Callable[[], Awaitable[None]]) -> None:
        self.began: list[str] = []
        self.now = self.most = 0
        self._act = act

    async def deliver(self, message: Message, _: Rendered) -> None:
        self.began.append(message.id)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._act()
        finally:
            self.now -= 1


async def soon() -> None:
    await asyncio.sleep(0.01)


def dispatcher(**receivers: Recorded) -> Dispatcher:
    policy = RetryPolicy(1.0, 60.0, 100.0)
    return Dispatcher(receivers, GuardedClient(Guard(())), Templates("", {}), policy, CONCURRENCY)


def results_of(one: Dispatcher, count: int) -> list[Result]:
    found: list[Result] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        for result in one.results():
            found.append(result)
            one.queues[result.delivery.message.receiver].succeed()
        one.start(0.0)
        time.sleep(0.001)
    return found


def test_messages_are_begun_in_order_and_as_many_at_once_as_allowed() -> None:
    receiver = Recorded(soon)
    one = dispatcher(team=receiver)
    for number in range(60):
        one.put(to("team", number), 0.0)
    assert len(results_of(one, 60)) == 60
    one.close()
    assert receiver.began == [f"team-{number}" for number in range(60)]
    assert receiver.most == CONCURRENCY


def test_a_receiver_that_hangs_delays_no_other() -> None:
    hanging, free = threading.Event(), Recorded(soon)

    async def hang() -> None:
        while not hanging.is_set():
            await soon()

    one = dispatcher(dead=Recorded(hang), alive=free)
    for number in range(20):
        one.put(to("dead", number), 0.0)
        one.put(to("alive", number), 0.0)
    assert {result.delivery.message.receiver for result in results_of(one, 20)} == {"alive"}
    hanging.set()
    one.close()


def test_closing_waits_for_what_is_in_flight_and_begins_nothing() -> None:
    released = threading.Event()

    async def wait() -> None:
        while not released.is_set():
            await soon()

    receiver = Recorded(wait)
    one = dispatcher(team=receiver)
    one.queues["team"].succeed()  # many are handed over
    for number in range(30):
        one.put(to("team", number), 0.0)
    one.start(0.0)
    while receiver.now < CONCURRENCY:
        time.sleep(0.001)
    closing = threading.Thread(target=one.close)
    closing.start()
    time.sleep(0.2)
    assert closing.is_alive()
    released.set()
    closing.join()
    assert receiver.began == ["team-0", "team-1"]
    assert len(one.results()) == 2


def test_errors_of_libraries_are_not_shown_because_they_may_hold_secrets() -> None:
    async def fail() -> None:
        raise ValueError("https://hooks.example.com/t0ken")

    async def refuse() -> None:
        raise DeliveryError("HTTP status 400", is_final=True)

    async def misconfigured() -> None:
        raise SettingsError("the variable HOOK is not set")

    one = dispatcher(a=Recorded(fail), b=Recorded(refuse), c=Recorded(misconfigured))
    for name in "abc":
        one.put(to(name, 1), 0.0)
    found = {result.delivery.message.receiver: str(result.error) for result in results_of(one, 3)}
    one.close()
    assert found == {
        "a": "unexpected ValueError",
        "b": "HTTP status 400",
        "c": "the variable HOOK is not set",
    }
