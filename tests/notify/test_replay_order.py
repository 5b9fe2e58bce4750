"""What was given up is delivered later only where its receiver knows nothing newer."""

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.replay_order import ReplayOrder
from anomaly_stream.notify.state import AlertNews, Group, Member, Message, Outgoing
from tests.notify.world import event

FIRING, UPDATED, RESOLVED = (event("a", status) for status in ("firing", "updated", "resolved"))


def given_up(*news: tuple[AlertEvent | None, AlertEvent]) -> Message:
    alerts = tuple(AlertNews(before, (latest,)) for before, latest in news)
    return Message("id", "g", "team", {}, 0.0, False, 1, alerts)


def records(sent: AlertEvent | None, *, is_on_its_way: bool = False) -> dict[str, bytes]:
    """The state of a notifier that has the alert a; None: it has ended."""
    if sent is None:
        return {}
    outgoing = Outgoing("next", 0.0, {"a": 1}, False, 1) if is_on_its_way else None
    group, member = Group("g", "r", "team", {}, outgoing=outgoing), Member("a", sent)
    return {"group/g": msgspec.json.encode(group), "member/g/a": msgspec.json.encode(member)}


def are_late(state: dict[str, bytes], *messages: Message) -> list[bool]:
    order = ReplayOrder(messages)
    return [order.split(each, state) == (None, each) for each in messages]


def test_the_last_event_of_an_alert_is_in_order_and_an_earlier_one_is_late() -> None:
    first, end = given_up((None, FIRING)), given_up((UPDATED, RESOLVED))
    assert are_late(records(FIRING), first) == [False]
    assert are_late(records(FIRING, is_on_its_way=True), first) == [True]
    assert are_late(records(UPDATED), first) == [True]
    assert are_late(records(None), first) == [True]
    assert are_late(records(None), end) == [False]
    assert are_late(records(None), first, end) == [True, False]  # the update was delivered


def test_what_follows_only_what_was_given_up_too_is_in_order() -> None:
    whole = [given_up((None, FIRING)), given_up((FIRING, UPDATED)), given_up((UPDATED, RESOLVED))]
    assert are_late(records(None), *whole) == [False, False, False]
    assert are_late(records(UPDATED), *whole[:2]) == [False, False]
    assert are_late(records(None), *whole[:2]) == [True, True]


def test_a_message_is_split_and_each_part_has_the_key_of_its_events() -> None:
    others = [event(name, "resolved") for name in ("b", "c")]
    message = given_up((None, FIRING), *((None, each) for each in others))
    in_order, late = ReplayOrder([message]).split(message, {})
    assert in_order is not None
    assert late is not None
    assert [news.latest for news in in_order.alerts] == others
    assert [news.latest for news in late.alerts] == [FIRING]
    assert late.id == FIRING.event_id
    assert in_order.id not in ("id", late.id)
