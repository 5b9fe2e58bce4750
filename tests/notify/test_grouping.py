"""Groups under a virtual clock: when messages are due, what they say, and that a restart changes nothing."""

from pathlib import Path

import pytest

from anomaly_stream.notify.composition import MAX_BYTES, MAX_EVENTS
from anomaly_stream.notify.grouping import Groups
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.state import Message
from tests.notify.world import ROUTING, event, routing


@pytest.fixture
def root(tmp_path: Path) -> Route:
    return routing(tmp_path).root


def said(message: Message) -> list[str]:
    return [each.event_id for news in message.alerts for each in news.events]


def test_forty_series_of_a_host_are_one_message(root: Route) -> None:
    groups = Groups(root)
    for number in range(40):
        groups.take(event(f"a{number}"), now=number / 10)
    assert groups.due(29.9) == []
    (message,) = groups.due(30.0)
    assert len(message.alerts) == message.open_alerts == 40
    assert groups.due(1e9) == []  # it is not settled


def test_what_says_that_alerts_are_withheld_is_one_message_for_all_partitions(tmp_path: Path) -> None:
    """By a route of their own, because each has the labels of another series."""
    route = "    - {matchers: ['condition = overflow'], receiver: team, group_by: [owner]}\n"
    groups = Groups(routing(tmp_path, ROUTING.replace("  routes:\n", f"  routes:\n{route}")).root)
    for partition in range(4):
        labels = {"host": f"web-{partition}"}
        groups.take(event(f"p{partition}", condition="overflow", severity="severe", labels=labels), 0.0)
    (message,) = groups.due(30.0)
    assert said(message) == [f"p{partition}-firing" for partition in range(4)]


def test_the_id_of_a_single_event_is_the_id_of_its_message(root: Route) -> None:
    groups = Groups(root)
    groups.take(event("a"), 0.0)
    (message,) = groups.due(30.0)
    assert message.id == "a-firing"


def test_news_wait_for_the_interval_and_nothing_new_for_the_repetition(root: Route) -> None:
    groups = Groups(root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 31.0)
    groups.take(event("b"), 40.0)
    assert groups.due(329.9) == []
    (second,) = groups.due(330.0)
    assert said(second) == ["b-firing"]
    groups.settle(second.group_id, 331.0)
    assert groups.due(330.0 + 4 * 3600 - 1) == []
    (reminder,) = groups.due(330.0 + 4 * 3600)
    assert reminder.is_reminder
    assert said(reminder) == ["a-firing", "b-firing"]
    assert reminder.id not in (first.id, second.id)


def test_a_reminder_waits_for_the_next_interval_of_its_group(tmp_path: Path) -> None:
    text = ROUTING.replace("group_interval: 5m", "group_interval: 1d")
    groups = Groups(routing(tmp_path, text).root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 31.0)
    assert groups.due(30.0 + 86_400 - 1) == []
    (reminder,) = groups.due(30.0 + 86_400)
    assert reminder.is_reminder
    for repeat, expected in (("4h", 14_400.0), ("7m", 600.0), ("5m", 300.0)):
        text = ROUTING.replace("repeat_interval: 4h", f"repeat_interval: {repeat}")
        assert routing(tmp_path, text).root.timing.repeat_s == expected
    text = ROUTING.replace("group_interval: 5m", "group_interval: 0")
    assert routing(tmp_path, text).root.timing.repeat_s == 14_400.0


def test_a_rising_severity_is_reported_after_the_wait_and_also_where_it_matches_now(root: Route) -> None:
    groups = Groups(root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 30.0)
    groups.take(event("a", "updated", severity="severe"), 40.0)
    found = groups.due(70.0)
    assert sorted(message.receiver for message in found) == ["pager", "team"]
    for message in found:
        groups.settle(message.group_id, 70.0)
    groups.take(event("a", "resolved", severity="severe"), 80.0)
    ended = groups.due(400.0)
    assert sorted(message.receiver for message in ended) == ["pager", "team"]
    assert all(message.is_resolved for message in ended)


def test_every_event_is_said_in_order_and_an_alert_that_is_over_is_forgotten(root: Route) -> None:
    groups = Groups(root)
    for status in ("firing", "updated", "resolved"):
        groups.take(event("a", status), 0.0)
        groups.take(event("a", status), 0.0)  # a copy
    (message,) = groups.due(30.0)
    assert said(message) == ["a-firing", "a-updated", "a-resolved"]
    groups.settle(message.group_id, 30.0)
    assert groups.due(1e9) == []
    assert Groups(root).restore([], 0.0) == 0
    records = dict(groups.changes())
    assert all(value is None for value in records.values())


def test_a_long_message_is_cut_and_the_rest_follows(root: Route) -> None:
    groups = Groups(root)
    for number in range(MAX_EVENTS + 5):
        groups.take(event(f"a{number}"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 30.0)
    (second,) = groups.due(330.0)
    assert (len(said(first)), len(said(second))) == (MAX_EVENTS, 5)


def test_a_large_message_is_cut_and_the_rest_follows_in_order(root: Route) -> None:
    groups, large = Groups(root), "x" * (MAX_BYTES // 2 - 5_000)
    events = [event(f"a{number}", explanation=large) for number in range(5)]
    events.append(event("a0", "resolved", explanation=large))
    for each in events:
        groups.take(each, 0.0)
    found, now = [], 30.0
    while due := groups.due(now):
        (message,) = due
        found.append(said(message))
        groups.settle(message.group_id, now)
        now += 300.0
    assert found == [["a0-firing", "a0-resolved"], ["a1-firing", "a2-firing"], ["a3-firing", "a4-firing"]]


def test_what_the_receiver_had_before_counts_too_and_one_event_is_always_sent(root: Route) -> None:
    groups, large = Groups(root), "x" * MAX_BYTES
    groups.take(event("a", "firing", explanation=large), 0.0)
    groups.take(event("b", "firing"), 0.0)
    (first,) = groups.due(30.0)
    assert said(first) == ["a-firing"]
    groups.settle(first.group_id, 30.0)
    (second,) = groups.due(330.0)
    assert said(second) == ["b-firing"]
    groups.settle(second.group_id, 330.0)
    groups.take(event("b", "updated"), 331.0)
    groups.take(event("a", "updated"), 331.0)
    (third,) = groups.due(1e4)
    assert said(third) == ["a-updated"]


def test_the_end_of_an_alert_that_nobody_was_notified_of_is_not_reported(root: Route) -> None:
    groups = Groups(root)
    assert not groups.take(event("a", "resolved"), 0.0)
    assert groups.due(1e9) == []
    assert groups.changes() == []


def test_a_reminder_of_the_alert_itself_is_delivered_and_says_so(root: Route) -> None:
    groups = Groups(root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 30.0)
    groups.take(event("a", "reminder"), 40.0)
    (message,) = groups.due(330.0)
    assert said(message) == ["a-reminder"]
    assert message.only_reminds
    assert not first.only_reminds


def test_of_the_reminders_that_wait_the_last_one_is_delivered(root: Route) -> None:
    groups = Groups(root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 30.0)
    groups.take(event("a", "reminder", event_id="r2", sequence=2), 40.0)
    (second,) = groups.due(400.0)
    for number in (3, 4, 5):  # the one on its way stays as it is
        groups.take(event("a", "reminder", event_id=f"r{number}", sequence=number), 400.0 + number)
    groups.take(event("a", "updated", event_id="u6", sequence=6), 410.0)
    for number in (7, 8):
        groups.take(event("a", "reminder", event_id=f"r{number}", sequence=number), 400.0 + number)
    assert not groups.due(1000.0)
    assert said(second) == ["r2"]
    groups.settle(second.group_id, 1000.0)
    (third,) = groups.due(1000.0)
    assert said(third) == ["r5", "u6", "r8"]


def test_an_old_event_after_a_newer_one_is_a_copy(root: Route) -> None:
    groups = Groups(root)
    for status in ("firing", "updated", "firing"):
        groups.take(event("a", status), 0.0)
    (message,) = groups.due(30.0)
    assert said(message) == ["a-firing", "a-updated"]


def test_alerts_of_an_incident_can_be_one_message(tmp_path: Path) -> None:
    groups = Groups(routing(tmp_path, ROUTING.replace("[host]", "[incident_id]")).root)
    for number in range(3):
        groups.take(event(f"a{number}", labels={"host": f"web-{number}"}, incident_id="c" * 32), 0.0)
    (message,) = groups.due(30.0)
    assert len(message.alerts) == 3
    assert message.labels == {"incident_id": "c" * 32}


def open_alerts(root: Route, count: int) -> Groups:
    """Groups of a receiver that has had this many alerts."""
    groups = Groups(root)
    for number in range(count):
        groups.take(event(f"a{number}"), 0.0)
    now = 30.0
    while not (found := groups.due(now)) or not found[0].is_reminder:
        for message in found:
            groups.settle(message.group_id, now)
        now += 300.0
    groups.settle(found[0].group_id, now)
    return groups


def test_a_reminder_to_people_is_limited_and_alertmanager_gets_every_open_alert(
    root: Route, tmp_path: Path
) -> None:
    count = MAX_EVENTS + 5
    (to_people,) = open_alerts(root, count).due(1e6)
    assert (len(to_people.alerts), to_people.open_alerts) == (MAX_EVENTS, count)
    text = ROUTING.replace(
        'webhook: {url: "http://hooks.example.com/team"}', "alertmanager: {urls: ['http://a']}"
    )
    (to_alertmanager,) = open_alerts(routing(tmp_path, text).root, count).due(1e6)
    assert len(to_alertmanager.alerts) == count


def test_alerts_of_one_series_stay_in_order_to_alertmanager(tmp_path: Path) -> None:
    text = ROUTING.replace(
        'webhook: {url: "http://hooks.example.com/team"}', "alertmanager: {urls: ['http://a']}"
    ).replace("[host]", "[host, alert_id, severity]")
    groups = Groups(routing(tmp_path, text).root)
    for one in (event("a"), event("a", "resolved"), event("b", severity="moderate")):
        groups.take(one, 0.0)
    (message,) = groups.due(0.0)  # to Alertmanager, a and b are the same alert
    assert said(message) == ["a-firing", "a-resolved", "b-firing"]


def test_a_digest_has_what_happened_in_a_day(tmp_path: Path) -> None:
    text = ROUTING.replace("group_wait: 30s", "group_wait: 1d").replace(
        "group_interval: 5m", "group_interval: 1d"
    )
    groups, day = Groups(routing(tmp_path, text).root), 86_400.0
    for hour in range(48):
        groups.take(event(f"a{hour}"), 3600.0 * hour)
        for message in groups.due(3600.0 * hour):
            assert len(said(message)) == 25  # of the hours 0 to 24
            groups.settle(message.group_id, 3600.0 * hour)
    (second,) = groups.due(2 * day)
    assert len(said(second)) == 23


def restarted(root: Route, state: dict[str, bytes], groups: Groups, now: float) -> Groups:
    for key, value in groups.changes():
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    fresh = Groups(root)
    fresh.restore(state.items(), now)
    return fresh


def test_a_restart_after_every_step_changes_nothing(root: Route) -> None:
    plain, state = Groups(root), dict[str, bytes]()
    other = Groups(root)
    events = [
        event(alert, status, severity=severity)
        for status, severity in (("firing", "minor"), ("updated", "severe"), ("resolved", "severe"))
        for alert in ("a", "b", "c")
    ]
    heard: list[list[tuple[str, list[str]]]] = [[], []]
    for step in range(60):
        now = 20.0 * step
        other = restarted(root, state, other, now)
        pending = [plain.outgoing(), other.outgoing()]
        for number, groups in enumerate((plain, other)):
            for message in pending[number]:
                heard[number].append((message.receiver, said(message)))
                groups.settle(message.group_id, now)
            if step < len(events):
                groups.take(events[step], now)
            groups.due(now)
    assert heard[0] == heard[1]
    assert {one for _, ids in heard[0] for one in ids} == {each.event_id for each in events}


def test_alerts_of_a_route_that_is_gone_are_routed_again(root: Route, tmp_path: Path) -> None:
    groups, state = Groups(root), dict[str, bytes]()
    groups.take(event("a", severity="severe"), 0.0)
    for message in groups.due(30.0):
        groups.settle(message.group_id, 30.0)
    restarted(root, state, groups, 30.0)
    changed = routing(tmp_path, ROUTING.replace("severity = severe", "severity = moderate")).root
    fresh = Groups(changed)
    assert fresh.restore(state.items(), 40.0) == 1
    assert any(value is None for _, value in fresh.changes())


def test_messages_wait_while_their_route_is_muted(tmp_path: Path) -> None:
    text = ROUTING.replace("      continue: true", "      mute_time_intervals: [always]")
    text += "time_intervals:\n  - name: always\n    time_intervals:\n      - years: ['1970']\n"
    groups = Groups(routing(tmp_path, text).root)
    groups.take(event("a", severity="severe"), 0.0)
    assert groups.due(1000.0) == []
    (message,) = groups.due(366 * 86_400.0)
    assert message.receiver == "pager"


def test_messages_wait_while_no_active_interval_of_their_route_includes_the_time(tmp_path: Path) -> None:
    text = ROUTING.replace("      continue: true", "      active_time_intervals: [later]")
    text += "time_intervals:\n  - name: later\n    time_intervals:\n      - months: [december]\n"
    groups = Groups(routing(tmp_path, text).root)
    groups.take(event("a", severity="severe"), 0.0)
    assert groups.due(333 * 86_400.0) == []
    (message,) = groups.due(335 * 86_400.0)
    assert message.receiver == "pager"


def test_what_is_too_high_and_what_is_too_low_can_be_two_messages(tmp_path: Path) -> None:
    groups = Groups(routing(tmp_path, ROUTING.replace("[host]", "[side]")).root)
    for number, side in enumerate(("above", "below", "above")):
        groups.take(event(f"a{number}", side=side), 0.0)
    groups.take(event("a1", "resolved"), 1.0)  # it has no side, and goes where its alert went
    found = {message.labels["side"]: said(message) for message in groups.due(30.0)}
    assert found == {"above": ["a0-firing", "a2-firing"], "below": ["a1-firing", "a1-resolved"]}
