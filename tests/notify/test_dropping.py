"""Receivers without an integration: what goes to them only is dropped, on purpose, and counted."""

from pathlib import Path

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.kafka.alerts_topic import ReceivedAlert
from anomaly_stream.notify.grouping import Groups
from tests.notify.test_session import World
from tests.notify.world import ROUTING, event, routing

DROPPING = """\
route:
  receiver: team
  routes:
    - {matchers: ['owner = tests'], receiver: nobody, group_by: [host], continue: true}
    - {matchers: ['owner = tests', 'severity = severe'], receiver: team}
receivers:
  - name: team
    webhook: {url: "http://hooks.example.com/team"}
  - name: nobody
"""
GROUPS_NOTHING = "route.routes[0].group_by has no effect: the receiver nobody drops everything"


def test_the_tree_says_it(tmp_path: Path) -> None:
    found = routing(tmp_path, DROPPING)
    assert found.warnings == (GROUPS_NOTHING,)
    assert list(found.root.describe())[1] == '  owner="tests" -> nobody (drops everything, continue)'


def test_what_goes_to_nobody_is_counted_and_leaves_no_state(tmp_path: Path) -> None:
    world = World(tmp_path, DROPPING)
    statuses = ("firing", "updated", "resolved")
    world.received = [ReceivedAlert(event("a", status, owner="tests"), 0) for status in statuses]
    world.received.append(ReceivedAlert(event("b", owner="web"), 0))
    world.at(0.0)
    world.at(60.0)
    assert world.count("dropped") == 2
    assert world.count("unknown") == 1  # the end of an alert that nobody was notified of
    assert world.count("delivered", receiver="team") == 1
    assert world.journal.written
    assert not any(b"nobody" in (value or b"") for value in world.journal.written.values())


def test_an_alert_whose_other_route_delivers_is_delivered(tmp_path: Path) -> None:
    groups = Groups(routing(tmp_path, DROPPING).root)
    assert not groups.take(event("a", owner="tests"), 0.0)
    assert groups.take(event("a", "updated", owner="tests", severity="severe"), 1.0)
    assert groups.take(event("a", "resolved", owner="tests"), 2.0)
    (message,) = groups.due(100.0)
    assert (message.receiver, [each.status for each in message.alerts[0].events]) == (
        "team",
        ["updated", "resolved"],
    )


@pytest.mark.parametrize("drops", [True, False])
def test_open_alerts_of_a_receiver_that_drops_from_now_on_are_not_reported_again(
    tmp_path: Path, drops: bool
) -> None:
    groups = Groups(routing(tmp_path, DROPPING).root)
    groups.take(event("a"), 0.0)
    state = [(key, value) for key, value in groups.changes() if value is not None]
    changed = DROPPING.replace(
        "receiver: team\n  routes", f"receiver: {'nobody' if drops else 'other'}\n  routes"
    )
    changed += '  - name: other\n    webhook: {url: "http://hooks.example.com/other"}\n'
    again = Groups(routing(tmp_path, changed).root)
    assert again.restore(state, 10.0) == (0 if drops else 1)
    assert len(again.due(100.0)) == (0 if drops else 1)


def test_one_that_has_lost_its_integration_drops_what_it_had(tmp_path: Path) -> None:
    groups = Groups(routing(tmp_path, DROPPING).root)
    groups.take(event("a"), 0.0)
    assert groups.due(100.0)
    state = [(key, value) for key, value in groups.changes() if value is not None]
    bare = DROPPING.replace('    webhook: {url: "http://hooks.example.com/team"}\n', "")
    bare = bare.replace("- name: nobody", '- name: nobody\n    webhook: {url: "http://hooks.example.com/"}')
    again = Groups(routing(tmp_path, bare).root)
    assert again.restore(state, 200.0) == 0
    assert again.outgoing() == []


@pytest.mark.parametrize(
    ("receivers", "said"),
    [
        ("[{name: team, webhook: }]", "must have one of webhook, alertmanager, apprise and kafka, or none"),
        ("[{name: team}]", "all drop everything, because none has an integration"),
        ("[{name: team, kafka: {topic: a}, webhook: {url: 'http://hooks.example.com'}}]", "must have one of"),
        ("[{name: team, webhok: {}}]", "did you mean 'webhook'?"),
    ],
)
def test_an_integration_that_is_forgotten_is_a_fault(tmp_path: Path, receivers: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        routing(tmp_path, f"route: {{receiver: team}}\nreceivers: {receivers}\n")
    assert said in str(caught.value)


def test_texts_of_messages_that_are_dropped_are_warnings(tmp_path: Path) -> None:
    text = DROPPING + "    title: a\n"
    title = "receivers[1].title has no effect: it drops everything"
    assert routing(tmp_path, text).warnings == (title, GROUPS_NOTHING)


OF_A_DROP = """\
route:
  receiver: team
  routes:
    - matchers: ['owner = a']
      receiver: hush
      group_by: [host]
      group_wait: 1s
      group_interval: 1m
      repeat_interval: 2h
      mute_time_intervals: [past]
      active_time_intervals: [later]
      routes: {below}
receivers:
  - name: team
    webhook: {{url: "https://hooks.example.com/"}}
  - name: hush
  - name: manager
    alertmanager: {{urls: ["http://alertmanager.example.com:9093"]}}
time_intervals:
  - name: past
    time_intervals: [{{years: ["2020"]}}]
  - name: later
    time_intervals: [{{years: ["2021"]}}]
"""


def test_settings_of_a_route_that_drops_everything_are_warnings(tmp_path: Path) -> None:
    def warnings(below: str) -> list[str]:
        found = list(routing(tmp_path, OF_A_DROP.format(below=below)).warnings)
        return [one for one in found if one != "No route uses the receiver manager"]

    def dropped(*fields: str) -> list[str]:
        return [f"route.routes[0].{one} has no effect: the receiver hush drops everything" for one in fields]

    times = ("group_wait", "group_interval", "repeat_interval")
    own = dropped("mute_time_intervals", "active_time_intervals")
    assert warnings("[]") == [*dropped(*times, "group_by"), *own]
    assert warnings("[{matchers: ['host = b']}]") == [*dropped(*times, "group_by"), *own]
    assert warnings("[{matchers: ['host = b'], receiver: team, group_wait: 5s}]") == [
        *dropped("group_wait"),
        *own,
    ]
    itself = "has no effect: Alertmanager groups and repeats alerts itself"
    assert warnings("[{matchers: ['host = b'], receiver: manager}]") == [
        *(f"route.routes[0].{one} {itself}" for one in times),
        *own,
    ]


@pytest.mark.parametrize(
    ("receiver", "field"),
    [
        ('webhook: {url: "http://me:SECRET@hooks.example.com/"}', "webhook.url"),
        (
            'alertmanager: {urls: ["http://a.example.com", "http://me:SECRET@b.example.com"]}',
            "alertmanager.urls[1]",
        ),
        ('apprise: {url: "mailto://me:SECRET@example.com/?smtp=mail.example.com"}', "apprise.url"),
    ],
)
def test_a_password_in_the_file_is_a_warning_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: str, field: str
) -> None:
    text = ROUTING.replace('webhook: {url: "http://hooks.example.com/pager"}', receiver)
    (warning,) = routing(tmp_path, text).warnings
    assert warning.startswith(f"receivers[1].{field} shows its password to everybody who reads this file")
    assert "write {env: NAME} or {file: PATH}" in warning
    assert "SECRET" not in warning
    monkeypatch.setenv("HOOK", "http://me:SECRET@hooks.example.com/")
    named = ROUTING.replace('"http://hooks.example.com/pager"', "{env: HOOK}")
    assert routing(tmp_path, named).warnings == ()
