"""A silence is refused at its creation if none of its windows is left."""

from typing import Any

import pytest

from anomaly_stream.silences.document import SilenceDocument
from tests.history.messages import NOW

DAILY = {"from": "2026-01-01T00:00:00Z", "recurrence": "FREQ=DAILY", "duration": "1h"}
"""It is 2026-05-28."""


def event(day: str) -> dict[str, str]:
    lines = "BEGIN:VCALENDAR", "BEGIN:VEVENT", f"DTSTART:{day}T220000Z", "DURATION:PT3H", "END:VEVENT"
    return {"calendar": "\n".join((*lines, "END:VCALENDAR"))}


def check(changes: dict[str, Any]) -> None:
    SilenceDocument.model_validate({"reason": "work", **changes}).check_use(NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {**DAILY, "recurrence": "FREQ=WEEKLY;BYDAY=SU;COUNT=2"},
        {**DAILY, "recurrence": "FREQ=DAILY;COUNT=3", "until": "2099-01-01T00:00:00Z"},
        {**DAILY, "recurrence": "FREQ=DAILY;UNTIL=20260301T000000Z"},
        event("20260501"),
        {**event("20260501"), "while": {"config": "host"}},
        {**event("20261129"), "until": "2026-06-01T00:00:00Z"},
    ],
)
def test_a_silence_without_a_window_that_is_left_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no window is left, .*: correct the dates, or COUNT or UNTIL"):
        check(changes)


@pytest.mark.parametrize(
    "changes",
    [
        DAILY,
        {**DAILY, "recurrence": "FREQ=DAILY;COUNT=200"},
        {**DAILY, "recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20280301T000000Z"},
        {**DAILY, "recurrence": "FREQ=YEARLY;COUNT=1", "duration": "180d"},  # it lasts
        {**DAILY, "until": "2026-02-01T00:00:00Z"},  # for events that are still to come
        event("20261129"),
    ],
)
def test_one_with_a_window_that_is_left_or_of_a_past_time_is_accepted(changes: dict[str, Any]) -> None:
    check(changes)
