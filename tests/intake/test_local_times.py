"""The hour that occurs twice in autumn, for series whose rows are mixed."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.intake.local_times import LocalTimes
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.reader import read_input
from anomaly_stream.intake.sorting import sorted_by_time
from tests.formats.columns import decode

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"  # by half an hour
BEGINS = {
    BERLIN: datetime(2025, 10, 25, 20, tzinfo=UTC),
    NEW_YORK: datetime(2025, 11, 2, 1, tzinfo=UTC),
    LORD_HOWE: datetime(2025, 4, 5, 10, tzinfo=UTC),
}


def times(zone: str, minutes: int, hours: int = 10) -> list[float]:
    """Times of a series around the change, in seconds since the epoch."""
    begin = BEGINS[zone].timestamp()
    return [begin + 60.0 * minutes * n for n in range(hours * 60 // minutes)]


def local(zone: str, at: float) -> datetime:
    """As a clock on the wall shows it."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def read(zone: str, given: list[float]) -> list[float]:
    reader = LocalTimes(ZoneInfo(zone))
    return [reader.seconds(local(zone, at), "series") for at in given]


@pytest.mark.parametrize("minutes", [5, 10, 30, 60])
@pytest.mark.parametrize("zone", sorted(BEGINS))
def test_rising_and_falling_times_are_read_exactly(zone: str, minutes: int) -> None:
    given = times(zone, minutes)
    if (zone, minutes) == (LORD_HOWE, 60):  # 01:00 and 01:30, each of which occurs once, could be either
        given = given[::2]
    else:
        assert len(given) > len({local(zone, at) for at in given})
    assert read(zone, given) == given
    assert read(zone, given[::-1]) == given[::-1]


def test_gaps_in_either_pass_do_not_matter() -> None:
    given = times(BERLIN, 5)
    rng = random.Random(5)
    for _ in range(50):
        kept = sorted(rng.sample(given, len(given) * 3 // 4))
        assert read(BERLIN, kept) == kept


def test_a_series_without_order_has_the_first_of_two_equal_times_first() -> None:
    given = times(BERLIN, 5)
    mixed = [*given[2::-1], *random.Random(3).sample(given[3:], len(given) - 3)]
    mixed[1], mixed[2] = mixed[2], mixed[1]
    assert sorted(read(BERLIN, mixed)) == given


def test_a_copy_of_a_row_does_not_move_those_after_it() -> None:
    given = [at for at in times(BERLIN, 60) for _ in range(1)]
    before = given[:3] + given[2:3] + given[3:]
    assert [at for n, at in enumerate(read(BERLIN, before)) if n != 3] == given


def table(rows: list[tuple[str, float, float]], zone: str) -> str:
    lines = (f"{local(zone, at):%Y-%m-%d %H:%M},{host},{value}\n" for host, at, value in rows)
    return f"time,host,value\n{''.join(lines)}"


@pytest.mark.parametrize("order", ["by time", "by series", "mixed"])
@pytest.mark.parametrize("is_sorted", [False, True])
def test_series_of_a_file_do_not_disturb_each_other(order: str, is_sorted: bool) -> None:
    cadence = {"web-1": 5, "web-2": 60, "web-3": 30}
    rows = [(host, at, at % 977) for host, minutes in cadence.items() for at in times(BERLIN, minutes)]
    if order == "by time":
        rows.sort(key=lambda row: row[1])
    elif order == "mixed":  # each series in its own order
        rng, left = random.Random(1), {host: [row for row in rows if row[0] == host] for host in cadence}
        rows = []
        while any(left.values()):
            host = rng.choice([host for host, some in left.items() if some])
            rows.append(left[host].pop(0))
    options = IntakeOptions(timezone=BERLIN, metric="load")
    blocks = list(read_input([table(rows, BERLIN).encode()], "a.csv", options))
    if is_sorted:
        blocks = list(sorted_by_time(blocks, "json"))
        rows.sort(key=lambda row: row[1])
    index, found = SeriesIndex(), []
    for block in blocks:
        columns, faults = decode(block.records, index)
        assert not faults
        hosts = [dict(index.series[number].labels)["host"] for number in columns.series.tolist()]
        found += list(zip(hosts, columns.timestamp.tolist(), columns.value.tolist(), strict=True))
    assert found == rows


@pytest.mark.parametrize("text", ["2024-03-10T02:00", "2024-03-10T02:30", "2024-03-10T02:59:59"])
def test_a_time_that_clocks_pass_over_is_named(text: str) -> None:
    reader = LocalTimes(ZoneInfo(NEW_YORK))
    with pytest.raises(ValueError, match=r"no 02:\d\d on 2024-03-10 in America/New_York, .* another zone"):
        reader.seconds(datetime.fromisoformat(text), "series")
    assert (
        reader.seconds(datetime(2024, 3, 10, 3), "series") == datetime(2024, 3, 10, 7, tzinfo=UTC).timestamp()
    )


def test_a_day_without_a_midnight_begins_with_its_first_moment() -> None:
    reader = LocalTimes(ZoneInfo("America/Sao_Paulo"))
    begin = datetime(2018, 11, 4, 3, tzinfo=UTC).timestamp()
    assert reader.seconds(datetime(2018, 11, 4), "series") == begin


def test_rows_of_a_time_that_does_not_exist_are_faulty_lines() -> None:
    rows = ["2024-03-10 01:30,1", "2024-03-10 02:00,2", "2024-03-10 02:30,3", "2024-03-10 03:00,4"]
    text = "timestamp,value\n" + "\n".join(rows) + "\n"
    blocks = list(read_input([text.encode()], "a.csv", IntakeOptions(metric="m", timezone=NEW_YORK)))
    faults = [fault for block in blocks for fault in block.faults]
    assert [fault.line for fault in faults] == [2, 3]
    assert "there was no 02:00 on 2024-03-10" in str(faults[0])
