"""The values around an alert as text."""

import msgspec

from anomaly_stream.cli.alert_values import value_lines
from anomaly_stream.client.alert_answers import Alert, AlertAccount, RecordedEvent
from anomaly_stream.model.past_values import MemberValues, PastValue
from tests.history.messages import NOW, alert_event


def account(*values: float) -> AlertAccount:
    alert = msgspec.json.decode(alert_event("a", at=NOW + 60), type=Alert)
    points = [PastValue(NOW + 60 * n, value) for n, value in enumerate(values)]
    return AlertAccount(alert, [RecordedEvent(0, alert)], None, None, [], points)


def test_each_value_has_its_time_a_bar_and_the_event_at_it() -> None:
    assert list(value_lines(account(1.0, 3.0, 2.0))) == [
        "2026-05-28 20:26:40 UTC             1",
        "2026-05-28 20:27:40 UTC             3  ##############################"
        "  firing, expected 1, normal 0 to 1.5",
        "2026-05-28 20:28:40 UTC             2  ###############",
    ]


def test_numbers_that_are_nothing_beside_the_others_are_0() -> None:
    found = account(1.0, 3.0)
    alert = msgspec.structs.replace(found.alert, expected=1.7e-79, lower=-7.4e-302, upper=7.4e-302)
    found = msgspec.structs.replace(found, events=[RecordedEvent(0, alert)])
    assert list(value_lines(found))[1].endswith("  firing, expected 0, normal 0 to 0")


def test_equal_values_and_none() -> None:
    assert next(value_lines(account(5.0))).endswith("5")
    assert list(value_lines(account())) == ["no values of this alert were recorded"]


def test_a_group_has_its_scores_and_then_each_member() -> None:
    member = MemberValues("cpu", -0.6, [PastValue(NOW, 1.0), PastValue(NOW + 60, 2.0)])
    found = msgspec.structs.replace(account(50.0), members=[member], other_members=["disk", "load"])
    assert list(value_lines(found)) == [
        "score of load",
        "2026-05-28 20:26:40 UTC            50",
        "cpu, -60% of the deviation when the alert opened",
        "2026-05-28 20:26:40 UTC             1",
        "2026-05-28 20:27:40 UTC             2  ##############################",
        "other members: disk, load",
    ]


def test_values_that_are_still_to_be_read_are_said_to_be() -> None:
    (line,) = value_lines(msgspec.structs.replace(account(), values_state="pending"))
    assert "ask again" in line
