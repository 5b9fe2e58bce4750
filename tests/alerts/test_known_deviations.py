"""What the events of an alert teach."""

from typing import Any

import pytest

from anomaly_stream.alerts.known_deviations import known_by
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent
from tests.history.messages import NOW, alert_event


def event(value: float, peak: float | None = None, status: str = "firing", **changes: Any) -> AlertEvent:
    """By default, 10 was expected, and 8 to 12 is normal."""
    count = 1 if status == "firing" else 2
    episode = {"start": NOW, "end": NOW, "peak_score": 90.0, "peak_value": value if peak is None else peak}
    plain = {"value": value, "expected": 10.0, "lower": 8.0, "upper": 12.0}
    return decode_alert(
        alert_event("a", status, **{**plain, "episode": {**episode, "count": count}, **changes})
    )


@pytest.mark.parametrize(
    ("events", "known"),
    [
        ([event(18.0)], ("above", 10.0)),
        ([event(2.0)], ("below", 10.0)),
        ([event(18.0), event(26.0, status="updated")], ("above", 20.0)),
        ([event(18.0), event(11.0, 26.0, status="resolved")], ("above", 20.0)),
        ([event(18.0), event(10.0, 18.0, status="resolved", expected=-90.0)], ("above", 10.0)),
        ([event(14.0, lower=None), event(2.0, status="updated")], ("below", 10.0)),
        ([event(18.0, upper=None)], None),
        ([event(11.0, 11.0, reason="mean_shift")], None),
        ([event(18.0, condition="no_data")], None),
        ([event(18.0, expected=None)], None),
        ([], None),
    ],
)
def test_the_largest_deviation_and_a_quarter_more(
    events: list[AlertEvent], known: tuple[str, float] | None
) -> None:
    assert known_by(events) == known
