"""Retries, circuit and dead letters of one receiver, under a virtual clock."""

from anomaly_stream.notify.dispatch import Delivery, DeliveryError, ReceiverQueue, RetryPolicy
from anomaly_stream.notify.state import AlertNews, Message
from tests.notify.world import event

POLICY = RetryPolicy(1.0, 60.0, 100.0)


def message(number: int, at: float = 0.0) -> Message:
    return Message(f"m{number}", f"g{number}", "team", {}, at, False, 1, (AlertNews(None, (event("a"),)),))


def queue() -> ReceiverQueue:
    return ReceiverQueue(POLICY, 2, 2, lambda _, most: most)


def fail(one: ReceiverQueue, delivery: Delivery, now: float, **options: object) -> bool:
    return one.fail(delivery, DeliveryError("HTTP status 500", **options), now)  # type: ignore[arg-type]


def test_attempts_are_delayed_twice_as_long_each_time() -> None:
    one, now, waits = queue(), 0.0, []
    one.put(message(1), now)
    for _ in range(4):
        (delivery,) = one.start(now)
        assert fail(one, delivery, now)
        began = now
        while not (found := one.start(now)):
            now += 0.5
        waits.append(now - began)
        one._in_flight -= 1
        one._push(now, found[0])
        found[0].attempts -= 1
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_the_circuit_opens_probes_with_one_message_and_closes() -> None:
    one = queue()
    for number in range(5):
        one.put(message(number), 0.0)
    now = 0.0
    while not one.is_open:
        for delivery in one.start(now):
            assert fail(one, delivery, now)
        now += 0.5
    assert one.start(now) == []
    (probe,) = one.start(now + 60)
    assert one.start(now + 60) == []
    one.succeed()
    assert not one.is_open
    assert probe.attempts >= 1
    assert len(one.start(now + 60)) == 2


def test_nothing_is_held_up_once_all_messages_are_given_up() -> None:
    """So no alarm goes on about a receiver that was repaired, until the next message says how it is."""
    one = queue()
    one.put(message(1), 0.0)
    now = 0.0
    while len(one):
        for delivery in one.start(now):
            fail(one, delivery, now)
        assert one.is_held_up == (one.is_open and len(one) > 0)
        now += 0.5
    assert one.is_open
    assert not one.is_held_up
    one.put(message(2), now)
    assert one.is_held_up


def test_a_message_is_given_up_when_it_is_refused_or_too_old() -> None:
    one = queue()
    one.put(message(1), 0.0)
    (delivery,) = one.start(0.0)
    assert not fail(one, delivery, 1.0, is_final=True)
    one.put(message(2), 1.0)
    (delivery,) = one.start(1.0)
    assert fail(one, delivery, 99.0)
    (delivery,) = one.start(200.0)
    assert not fail(one, delivery, 200.0)
    assert len(one) == 0


def test_the_time_before_a_restart_does_not_count() -> None:
    """A notifier that was down for a day takes its old messages: each is tried for the full time."""
    one, started = queue(), 86_400.0
    for number in range(7):
        one.put(message(number, at=0.0), started)
    now = started
    while not one.is_open:
        for delivery in one.start(now):
            assert fail(one, delivery, now)
        now += 0.5
    assert one.expire(started + 99.0) == []
    assert len(one.expire(started + 101.0)) == 7


def test_the_time_in_which_no_attempt_could_be_made_does_not_count() -> None:
    one = queue()
    for number in range(7):
        one.put(message(number), 0.0)
    now = 0.0
    while not one.is_open:
        for delivery in one.start(now):
            assert fail(one, delivery, now)
        now += 0.5
    one.rest(500.0)
    assert one.expire(599.0) == []
    (delivery,) = one.start(599.0)
    assert fail(one, delivery, 599.0)
    one.put(message(7), 599.0)
    assert len(one.expire(601.0)) == 7
    assert one.expire(699.0) == []
    assert len(one.expire(701.0)) == 1


def test_messages_that_wait_behind_an_open_circuit_expire() -> None:
    one = queue()
    for number in range(7):
        one.put(message(number), 0.0)
    now = 0.0
    while not one.is_open:
        for delivery in one.start(now):
            fail(one, delivery, now)
        now += 0.5
    assert one.expire(99.0) == []
    expired = one.expire(101.0)
    assert len(expired) == 7
    assert {each.reason for each in expired if each.attempts} == {"HTTP status 500"}
    assert {each.reason for each in expired if not each.attempts} == {
        "not tried, because others fail: HTTP status 500"
    }


def test_a_receiver_that_accepts_is_given_more_messages_at_once() -> None:
    one = ReceiverQueue(POLICY, 2, 5, lambda _, most: most)
    for number in range(20):
        one.put(message(number), 0.0)
    first, _ = one.start(0.0)
    one.succeed()
    assert len(one.start(0.0)) == 4  # with the other one, five are in flight
    fail(one, first, 0.0)
    one.succeed()
    assert len(one.start(0.0)) == 2
    fail(one, first, 0.0)
    assert one.start(0.0) == []
