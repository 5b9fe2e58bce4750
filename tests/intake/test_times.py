"""Timestamps in every spelling, against the standard library."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.times import TimeReader

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC).timestamp()


def seconds(field: tuple[str, object]) -> float:
    name, value = field
    text = msgspec.json.decode(msgspec.json.encode(value))
    if isinstance(text, str):
        return datetime.fromisoformat(text).timestamp()
    return text / 1000 if name == "timestamp_ms" else float(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{NOON:.0f}",
        f"{NOON:.0f}000",
        f"{NOON:.0f}000000",
        f"{NOON:.0f}000000000",
        f"{NOON}",
        "1.7067024e9",
        "2024-01-31T12:00:00Z",
        "2024-01-31T12:00Z",
        "2024-01-31 12:00",
        "2024-01-31 12",
        "2024-01-31 12:00:00+00",
        "2024-01-31 12:00:00 +0000",
        "2024-01-31 12:00:00 UTC",
        "2024-01-31T13:00:00+01:00",
        "2024-01-31 13:00+0100",
        "2024/01/31 12:00:00",
        "2024/1/31 12:00",
        "2024.01.31 12:00",
        "31.01.2024 12:00",
        "31.1.2024 12:00:00.000",
        "20240131120000",
        "20240131T120000Z",
    ],
)
def test_spellings_of_noon(text: str) -> None:
    assert seconds(TimeReader().read(text)) == NOON


@pytest.mark.parametrize("text", ["2024-01-31", "20240131", "2024/01/31", "31.01.2024", "2024-01-31 0:00"])
def test_dates(text: str) -> None:
    assert seconds(TimeReader().read(text)) == NOON - 43200


def test_months() -> None:
    assert seconds(TimeReader().read("2024-01")) == datetime(2024, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("text", ["2024-07-01 08:30", "2024-01-15 08:30:15", "2024-01-15"])
def test_a_zone_for_times_without_one(zone: str, text: str) -> None:
    expected = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()
    assert seconds(TimeReader(zone).read(text)) == expected
    assert seconds(TimeReader(zone).read(f"{NOON:.0f}")) == NOON
    assert seconds(TimeReader(zone).read("2024-01-31T12:00:00Z")) == NOON


def test_a_given_format() -> None:
    reader = TimeReader("Europe/Berlin", "%d/%m/%Y %H:%M")
    assert seconds(reader.read("31/01/2024 13:00")) == NOON
    with pytest.raises(ValueError, match="does not have the format"):
        reader.read("2024-01-31 13:00")


def test_milliseconds_by_name() -> None:
    assert seconds(TimeReader(milliseconds=True).read("5000")) == 5.0


@pytest.mark.parametrize(
    "text", ["", "noon", "01/31/2024", "1-2-2024", "2024-13-01", "2024-01-31 25:00", "12:00"]
)
def test_text_that_is_not_a_time(text: str) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        TimeReader().read(text)


def test_an_unknown_zone() -> None:
    with pytest.raises(AnomalyStreamError, match="no time zone 'Berlin'"):
        TimeReader("Berlin")
