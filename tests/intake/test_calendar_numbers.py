"""Columns of years and months are never read as seconds in silence."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.calendar_numbers import calendar_format
from anomaly_stream.intake.options import IntakeOptions
from tests.intake.test_csv_table import observations, read
from tests.intake.test_parquet_table import pa, parquet


def table(times: list[str], name: str = "date") -> str:
    return f"{name},value\n" + "".join(f"{time},1\n" for time in times)


@pytest.mark.parametrize(
    ("times", "form", "second"),
    [
        (["1990", "1991", ""], "%Y", datetime(1991, 1, 1, tzinfo=UTC)),
        (["1990.0", "1991.0"], "%Y.0", datetime(1991, 1, 1, tzinfo=UTC)),
        (["199001", "199002"], "%Y%m", datetime(1990, 2, 1, tzinfo=UTC)),
        (["2024010112", "2024010113"], "%Y%m%d%H", datetime(2024, 1, 1, 13, tzinfo=UTC)),
        (["202401011200", "202401011201"], "%Y%m%d%H%M", datetime(2024, 1, 1, 12, 1, tzinfo=UTC)),
    ],
)
def test_the_cures_of_the_message_read_them(times: list[str], form: str, second: datetime) -> None:
    for given in (IntakeOptions(metric="m"), IntakeOptions(metric="m", timestamp_column="year")):
        with pytest.raises(AnomalyStreamError) as raised:
            read(table(times, given.timestamp_column or "date"), given)
        cure = (
            f"{times[0]!r} may be a date or a number of seconds: say which with --timestamp-format '{form}'"
        )
        assert cure in str(raised.value)
    as_dates, as_seconds = (IntakeOptions(metric="m", timestamp_format=each) for each in (form, "%s"))
    found, _, _ = read(table(times), as_dates)
    assert found[0].timestamp[1] == second.timestamp()
    if len(times[0]) < 12:
        found, _, _ = read(table(times), as_seconds)
        assert found[0].timestamp[1] == float(times[1])


@pytest.mark.parametrize("times", [["45292", "45293"], ["45292.0416666667", "45292.0833333333"]])
def test_days_of_a_spreadsheet_are_refused_with_two_cures(times: list[str]) -> None:
    message = (
        f"timestamp {times[0]!r} may be a day of a spreadsheet or a number of seconds: format the column "
        "there as yyyy-mm-dd hh:mm:ss and export it again, or add --timestamp-format '%s' for seconds"
    )
    with pytest.raises(AnomalyStreamError) as raised:
        read(table(times), IntakeOptions(metric="m"))
    assert message in str(raised.value)
    found, _, _ = read(table(times), IntakeOptions(metric="m", timestamp_format="%s"))
    assert found[0].timestamp[1] == float(times[1])


def test_years_of_parquet_and_json() -> None:
    for content in (
        parquet(date=pa.array([1990, 1991]), value=pa.array([1.0, 2.0])),
        '{"date": 1990, "v": 1}\n{"date": 1991, "v": 2}\n',
    ):
        with pytest.raises(AnomalyStreamError, match="--timestamp-format '%Y'"):
            read(content, IntakeOptions(metric="m"))


@pytest.mark.parametrize(
    "times",
    [
        ["0", "1", "2", "3"],
        ["999", "1000", "1001"],
        ["2990", "3000", "3010"],
        ["100000", "100060"],
        ["199012", "199013"],
        ["1700000000", "1700000060"],
        ["1704010203", "1704010263"],
    ],
)
def test_small_numbers_are_seconds(times: list[str]) -> None:
    assert [row[2] for row in observations(table(times), IntakeOptions(metric="m"))] == list(
        map(float, times)
    )
    assert calendar_format(times) is None


def test_milliseconds_by_name_are_no_years() -> None:
    assert observations(table(["1990"], "ts_ms"), IntakeOptions(metric="m"))[0][2] == 1.99


def test_a_date_before_1970_is_a_fault() -> None:
    _, faults, _ = read(table(["19691231", "19700102"]), IntakeOptions(metric="m"))
    assert [(fault.line, "not within 1970 to 2100" in fault.detail) for fault in faults] == [(1, True)]


def test_row_numbers_stay_in_order() -> None:
    found = observations(table([str(n) for n in range(4000)]), IntakeOptions(metric="m"))
    assert all(later[2] - earlier[2] == 1 for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("year,value\n1990,9.64\n1991,9.7\n", "add --timestamp-column year --timestamp-format '%Y'"),
        (
            "when,sales\n1990,1500\n1991,3100\n",
            "--timestamp-column when --timestamp-format '%Y' --value-column sales",
        ),
        ("month,value\n199001,9.64\n199002,9\n", "add --timestamp-column month --timestamp-format '%Y%m'"),
        ("zeit,value\n2024-01-31,1990\n2024-02-01,1991\n", "add --timestamp-column zeit"),
    ],
)
def test_the_option_for_a_column_of_years(text: str, cure: str) -> None:
    with pytest.raises(AnomalyStreamError) as raised:
        read(text, IntakeOptions(metric="m"))
    assert cure in str(raised.value)
