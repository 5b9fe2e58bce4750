"""The values around an alert as text."""

import msgspec

from anomaly_stream.cli.alert_values import value_lines
from anomaly_stream.client.alert_answers import Alert, AlertAccount, RecordedEvent
from anomaly_stream.model.past_values import PastValue
from tests.history.messages import NOW, alert_event


def account(*values: float) -> AlertAccount:
    alert = msgspec.json.decode(alert_event("a", at=NOW + 60), type=Alert)
    points = [PastValue(NOW + 60 * n, value) for n, value in enumerate(values)]
    return AlertAccount(alert, [RecordedEvent(0, alert)], None, None, [], points)


def test_each_value_has_its_time_a_bar_and_the_event_at_it() -> None:
    assert list(value_lines(account(1.0, 3.0, 2.0))) == [
        "2026-05-28 20:26:40 UTC             1",
        "2026-05-28 20:27:40 UTC             3  ##############################"
        "  firing, 1 expected, normal range 0 to 1.5",
        "2026-05-28 20:28:40 UTC             2  ###############",
    ]


def test_equal_values_and_none() -> None:
    assert next(value_lines(account(5.0))).endswith("5")
    assert list(value_lines(account())) == ["no values of this alert were recorded"]
