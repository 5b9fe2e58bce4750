"""What suppresses an event: owner, selector, times of event and publication, and other alerts that fire."""

import itertools
import random
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.silences.document import SilenceDocument
from anomaly_stream.silences.record import Silences, encode_silence
from anomaly_stream.silences.silence import Silence
from anomaly_stream.silences.suppression import Suppression
from tests.history.messages import NOW, alert_event

MS = int(NOW * 1000)
FROM, UNTIL = "2026-05-28T20:26:40Z", "2026-05-28T21:26:40Z"  # from NOW, for an hour


def silence(created: int = MS, ended: int | None = None, **document: Any) -> Silence:
    whole = {"owner": "payments", "reason": "work", "from": FROM, "until": UNTIL, **document}
    return SilenceDocument.model_validate(whole).silence("s", created, ended)


def judged(one: Silence, published: int = MS, at: float = NOW, **event: Any) -> bool:
    found = Suppression().suppressed_by(decode_alert(alert_event("a", at=at, **event)), published, [one])
    return found == ("s",)


@pytest.mark.parametrize(
    ("document", "suppressed"),
    [
        ({}, True),
        ({"owner": "search"}, False),
        ({"owner": ""}, True),
        ({"config": "load"}, True),
        ({"config": "other"}, False),
        ({"metric": "lo*"}, True),
        ({"metric": "x*"}, False),
        ({"match": {"env": "prod"}}, True),
        ({"match": {"env": "=~pr.*"}}, True),
        ({"match": {"env": "!=prod"}}, False),
        ({"match": {"host": ""}}, True),
        ({"severity": ["severe", "minor"]}, True),
        ({"severity": ["minor"]}, False),
        ({"config": "load", "match": {"env": "dev"}}, False),
        ({"recurrence": "FREQ=DAILY", "duration": "1m"}, True),
        ({"calendar": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260528\r\n"
          "END:VEVENT\r\nEND:VCALENDAR\r\n"}, True),
        ({"while": {"config": "other"}}, False),
    ],
)  # fmt: skip
def test_every_part_must_hold(document: dict[str, Any], suppressed: bool) -> None:
    assert judged(silence(**document)) == suppressed


def test_the_event_time_decides_whether_it_is_within_and_publication_whether_the_silence_was_known() -> None:
    assert not judged(silence(), at=NOW - 0.001)
    assert judged(silence(), at=NOW + 3599.9)
    assert not judged(silence(), at=NOW + 3600)
    assert judged(silence(created=MS), published=MS)
    assert not judged(silence(created=MS + 1), published=MS)
    assert judged(silence(ended=MS + 5), published=MS + 4)
    assert not judged(silence(ended=MS + 5), published=MS + 5)


def test_an_alert_is_muted_while_another_one_fires() -> None:
    rule = silence(until=None, match={"env": "prod"}, **{"while": {"config": "host", "equal": ["env"]}})
    muted = Suppression()

    def judge(alert: str, status: str = "firing", **changes: Any) -> tuple[str, ...]:
        return muted.suppressed_by(decode_alert(alert_event(alert, status, **changes)), MS, [rule])

    assert judge("a") == ()
    assert judge("elsewhere", config_id="host", labels={"env": "dev"}) == ()
    assert judge("a", "updated") == ()
    assert judge("foreign", config_id="host", owner="search") == ()
    assert judge("a", "updated") == ()
    assert judge("root", config_id="host") == ()  # an alert does not mute itself
    assert judge("b") == ("s",)
    assert judge("a", "resolved") == ()  # as the event before it
    assert judge("b", "updated") == ("s",)
    assert judge("root", "resolved", config_id="host") == ()
    assert judge("b", "resolved") == ("s",)  # as the event before it


def test_alerts_that_fire_before_the_first_event_count() -> None:
    rule = silence(**{"while": {"config": "host"}})
    root = decode_alert(alert_event("root", config_id="host"))
    event = decode_alert(alert_event("a"))
    assert Suppression([root]).suppressed_by(event, MS, [rule]) == ("s",)
    assert Suppression().suppressed_by(event, MS, [rule]) == ()


def test_of_alerts_that_inhibit_each_other_the_first_cause_reaches_people() -> None:
    rule = silence(**{"config": "load", "while": {"config": "load", "equal": ["env"]}})
    events = {
        name: decode_alert(alert_event(name, start=NOW + i, at=NOW + 9)) for i, name in enumerate("abc")
    }

    def judge(muted: Suppression, name: str, status: str = "reminder") -> tuple[str, ...]:
        return muted.suppressed_by(msgspec.structs.replace(events[name], status=status), MS, [rule])

    muted = Suppression()
    assert [judge(muted, name, "firing") for name in "abc"] == [(), ("s",), ("s",)]
    for each in (muted, Suppression(events.values())):  # also after a restart
        assert [judge(each, name) for name in "cbaabc"] == [("s",), ("s",), (), (), ("s",), ("s",)]
        assert judge(each, "a", "resolved") == ()
        assert [judge(each, name) for name in "cb"] == [("s",), ()]


def test_the_end_of_an_alert_is_inhibited_as_the_event_before_it_in_any_order() -> None:
    rule = silence(**{"config": "load", "while": {"config": "host"}})
    root = [decode_alert(alert_event("root", status, config_id="host")) for status in ("firing", "resolved")]
    muted = [decode_alert(alert_event("a", status)) for status in ("firing", "resolved")]
    for ends in itertools.permutations([root[1], muted[1]]):
        one = Suppression()
        found = {each.event_id: one.suppressed_by(each, MS, [rule]) for each in (root[0], muted[0], *ends)}
        assert (found["a-firing"], found["a-resolved"]) == (("s",), ("s",))
    for begun in itertools.permutations([root[0], muted[1]]):
        one = Suppression([muted[0]])
        found = {each.event_id: one.suppressed_by(each, MS, [rule]) for each in begun}
        assert found["a-resolved"] == ()
    assert Suppression((), [(muted[0], ("s",))]).suppressed_by(muted[1], MS, [rule]) == ("s",)  # a restart


@pytest.mark.parametrize("restarts", [False, True])
def test_of_alerts_of_one_start_that_inhibit_each_other_exactly_one_is_let_through(restarts: bool) -> None:
    rule = silence(**{"config": "load", "while": {"config": "load", "equal": ["env"]}})
    for order in itertools.permutations("abcd"):
        events = {name: decode_alert(alert_event(name)) for name in order}
        one, firing, muted = Suppression(), list[AlertEvent](), list[tuple[AlertEvent, tuple[str, ...]]]()
        for event in events.values():
            if restarts:
                one = Suppression(firing, muted)
            if ids := one.suppressed_by(event, MS, [rule]):
                muted.append((event, ids))
            else:
                firing.append(event)
        assert [each.alert_id for each in firing] == [order[0]]
        later = {name: one.suppressed_by(events[name], MS, [rule]) for name in sorted(order)}
        assert [name for name, ids in later.items() if not ids] == [order[0]]
        one.suppressed_by(msgspec.structs.replace(events[order[0]], status="resolved"), MS, [rule])
        rest = {name: one.suppressed_by(events[name], MS, [rule]) for name in [*order[1:], *order[1:]]}
        assert [name for name, ids in rest.items() if not ids] == [min(order[1:])]


def test_two_silences_that_inhibit_in_a_circle_leave_the_first_alert() -> None:
    one = silence(**{"config": "load", "while": {"config": "host"}})
    other = silence(**{"config": "host", "while": {"config": "load"}})
    first = decode_alert(alert_event("a"))
    second = decode_alert(alert_event("b", config_id="host", start=NOW + 1))
    muted = Suppression([first, second])
    assert muted.suppressed_by(first, MS, [one, other]) == ()
    assert muted.suppressed_by(second, MS, [one, other]) == ("s",)


def judged_by(rules: list[Silence], *events: AlertEvent) -> dict[str, bool]:
    """By alert, whether it is suppressed while all of them fire."""
    muted = Suppression(events)
    return {event.alert_id: bool(muted.suppressed_by(event, MS, rules)) for event in events}


def alert_of(config: str, start: float = NOW) -> AlertEvent:
    """An alert of a config, which has its name."""
    return decode_alert(alert_event(config, config_id=config, start=start))


def inhibited(config: str, by: str) -> Silence:
    return silence(**{"config": config, "while": {"config": by}})


@pytest.mark.parametrize("names", ["ab", "abc", "abcd"])
def test_of_alerts_that_inhibit_each_other_in_a_circle_the_first_reaches_people(names: str) -> None:
    circle = [inhibited(name, by) for name, by in zip(names, names[-1] + names, strict=False)]
    for order in itertools.permutations(names):
        events = [alert_of(name, NOW + i) for i, name in enumerate(order)]
        assert judged_by(circle, *events) == {name: name != order[0] for name in order}
        assert judged_by(circle, *events[::-1]) == {name: name != order[0] for name in order}


def test_the_first_of_a_circle_is_suppressed_by_an_alert_outside_of_it() -> None:
    circle = [inhibited(name, by) for name, by in ("ac", "ba", "cb")]
    events = [alert_of(name, NOW + i) for i, name in enumerate("abcx")]
    assert judged_by([*circle, inhibited("a", "x")], *events) == {"a": True, "b": True, "c": True, "x": False}
    back = inhibited("x", "c")  # a larger circle: now a is the first of both
    assert judged_by([*circle, inhibited("a", "x"), back], *events) == {
        "a": False,
        "b": True,
        "c": True,
        "x": True,
    }


def test_however_alerts_inhibit_each_other_one_reaches_people() -> None:
    generator, names = random.Random(3), "abcdef"
    pairs = list(itertools.permutations(names, 2))
    for count in range(1, len(pairs)):
        chosen = generator.sample(pairs, count)
        order = generator.sample(names, len(names))
        events = [alert_of(name, NOW + order.index(name)) for name in names]
        found = judged_by([inhibited(name, by) for name, by in chosen], *events)
        assert not all(found.values())
        inhibited_by = {name: {by for other, by in chosen if other == name} for name in names}
        assert all(inhibited_by[name] for name in names if found[name])
        # One that began before it is always enough.
        begun = {name: set(order[: order.index(name)]) for name in names}
        assert all(found[name] for name in names if inhibited_by[name] & begun[name])


def test_an_alert_that_is_muted_inhibits_others() -> None:
    rules = [
        silence(**{"config": "load", "while": {"config": "host"}}),
        silence(**{"config": "other", "while": {"config": "load"}}),
    ]
    muted = Suppression([decode_alert(alert_event("root", config_id="host")), decode_alert(alert_event("a"))])
    event = decode_alert(alert_event("b", config_id="other", start=NOW - 1))
    assert muted.suppressed_by(event, MS, rules) == ("s",)


@pytest.mark.parametrize("labels", [{}, {"host": ""}, {"host": "b"}])
def test_alerts_share_a_label_only_if_both_have_it(labels: dict[str, str]) -> None:
    rule = silence(**{"while": {"config": "host", "equal": ["host"]}})
    for root in ({}, {"host": ""}, {"host": "a"}):
        muted = Suppression([decode_alert(alert_event("root", config_id="host", labels=root))])
        assert muted.suppressed_by(decode_alert(alert_event("a", labels=labels)), MS, [rule]) == ()


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"reason": ""}, "reason", "at least 1"),
        ({"until": None}, "", "until is required"),
        ({"until": FROM}, "", "until must be after from"),
        ({"until": "tomorrow"}, "until", "a time with its zone"),
        ({"until": "2026-05-28T21:26:40"}, "until", "a time with its zone"),
        ({"until": 1780000000}, "until", "a time with its zone"),
        ({"duration": "1h"}, "", "set until instead"),
        ({"recurrence": "FREQ=DAILY"}, "", "needs from"),
        ({"recurrence": "FREQ=DAILY", "duration": "1h", "calendar": "x"}, "", "exclude each other"),
        ({"recurrence": "FREQ=SECONDLY", "duration": "1s"}, "", "FREQ"),
        ({"calendar": "x"}, "", "not an iCalendar"),
        ({"timezone": "Mars"}, "timezone", "not a time zone"),
        ({"match": {"env": "a*"}}, "match", "=~"),
        ({"while": {"color": "red"}}, "while", "Extra"),
        ({"severity": ["bad"]}, "severity", "minor"),
    ],
)
def test_faults_of_a_document(changes: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        silence(**changes)
    error = raised.value.errors()[0]
    assert text in error["msg"]
    assert (str(error["loc"][0]) if error["loc"] else "") == field


def test_records_of_the_topic_add_up() -> None:
    document = {"owner": "payments", "reason": "work", "until": UNTIL}
    record = SilenceRecord(id="s1", author="ann", created_at_ms=MS, silence=document)
    key, value = encode_silence(record)
    other = encode_silence(SilenceRecord(id="s2", author="ann", created_at_ms=MS, silence={}))[1]
    found = Silences().after(
        [(key.decode(), value), ("s2", other), ("s3", value), ("s4", b"{"), ("s5", None)]
    )
    assert (list(found.by_id), len(found.refused)) == (["s1"], 3)
    assert found.by_id["s1"].silence.begin == NOW  # from its creation
    assert not found.by_id["s1"].is_over(NOW + 3599)
    assert found.by_id["s1"].is_over(NOW + 3600)
    assert found.after([("s1", None)]).by_id == {}
