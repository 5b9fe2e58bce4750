"""Calendars that are valid and not what their author meant."""

import pytest

from anomaly_stream.registry.calendar_checks import check_calendar

ENDS = "DURATION:PT3H"


def calendar(*lines: str) -> str:
    event = "\r\n".join(("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;VALUE=DATE:20261129",),
        ("DTSTART;VALUE=DATE:20261129", "DTEND;VALUE=DATE:20261130"),
        ("DTSTART:20261129T220000Z", "DTEND:20261129T230000Z"),
        ("DTSTART:20261129T220000", ENDS),
        ("DTSTART;TZID=W. Europe Standard Time:20261129T220000", ENDS),
        (
            "DTSTART;TZID=Europe/Berlin:20261129T220000",
            ENDS,
            "RRULE:FREQ=DAILY",
            "EXDATE;TZID=Europe/Berlin:20261130T220000",
            "EXDATE;TZID=Europe/Berlin:20261201T220000",
        ),
    ],
)
def test_usual_events_are_accepted(lines: tuple[str, ...]) -> None:
    check_calendar(calendar(*lines))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("DTSTART;TZID=Nowhere/Bad:20261129T220000", ENDS), "'Nowhere/Bad', which is not known"),
        (("DTSTART:20261129T220000", ENDS, "EXDATE;TZID=Foo:20261129T220000"), "EXDATE has the zone 'Foo'"),
        (("DTSTART:20261129T220000Z",), "covers no time: give it DTEND or DURATION"),
        (("DTSTART:20261129T220000Z", "DTEND:20261129T210000Z"), "must end after it begins"),
        (("DTSTART:20261129T220000Z", "DTEND:20261129T220000Z"), "must end after it begins"),
        (("DTSTART:20261129T220000", "DTEND:20261129T230000Z"), "must both have a zone, or none"),
        (("DTSTART:20261129T220000Z", "DURATION:-PT3H"), "must end after it begins"),
    ],
)
def test_others_are_refused_with_the_cure(lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_calendar(calendar(*lines))
