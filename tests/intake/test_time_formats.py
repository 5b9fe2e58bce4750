"""The format that a message proposes reads the text that it is about."""

from datetime import datetime

import pytest

from anomaly_stream.intake.time_formats import likely_formats
from anomaly_stream.intake.times import TimeReader


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("01-Jan-2024", ["%d-%b-%Y"]),
        ("Jan 01, 2024", ["%b %d, %Y"]),
        ("1 December 2024 13:05", ["%d %B %Y %H:%M"]),
        ("Mon, 01 Jan 2024 10:00:00 +0100", ["%a, %d %b %Y %H:%M:%S %z"]),
        ("13/01/2024 07:30", ["%d/%m/%Y %H:%M"]),
        ("01/13/2024 07:30:15.25", ["%m/%d/%Y %H:%M:%S.%f"]),
        ("02/01/2024 07:30 PM", ["%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"]),
        ("02.01.24", ["%d.%m.%y", "%m.%d.%y"]),
        ("2024-01-02 10:00:00 CET", ["%Y-%m-%d %H:%M:%S CET"]),
        ("20/10/2024 02h00", ["%d/%m/%Y %Hh%M"]),
        ("2024-01-01 00:00 Europe/Berlin", ["%Y-%m-%d %H:%M Europe/Berlin"]),
        ("yesterday", []),
        ("", []),
        ("12", []),
    ],
)
def test_likely_formats(text: str, formats: list[str]) -> None:
    assert likely_formats(text) == formats
    for each in formats:
        datetime.strptime(text, each)


def message(text: str) -> str:
    with pytest.raises(ValueError, match="--timestamp-format") as raised:
        TimeReader().read(text)
    return str(raised.value)


def test_messages_propose_them() -> None:
    assert message("02/01/2024").endswith("say which with --timestamp-format '%d/%m/%Y' or '%m/%d/%Y'")
    assert message("01-Jan-2024").endswith("give its form with --timestamp-format '%d-%b-%Y'")
    assert message("2024-01-02 10:00:00 CET").endswith("%S CET', and the place of CET with --timezone")
    assert message("2024-01-01 00:00 Europe/Berlin").endswith("%M Europe/Berlin' --timezone Europe/Berlin")
