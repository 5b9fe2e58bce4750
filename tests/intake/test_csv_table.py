"""CSV in every dress, as observations."""

from collections.abc import Iterator

import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.intake.options import IntakeOptions, LineFault
from anomaly_stream.intake.reader import read_input
from anomaly_stream.model import FaultReason, ObservationColumns, Series
from tests.formats.columns import decode

FLOW = IntakeOptions(metric="flow")


def read(
    text: str | bytes, options: IntakeOptions = FLOW, size: int = 1 << 20
) -> tuple[list[ObservationColumns], list[LineFault], SeriesIndex]:
    """All observations of ``text``, cut into blocks of ``size`` bytes, and all faults."""
    content = text.encode() if isinstance(text, str) else text
    blocks = (content[at : at + size] for at in range(0, len(content), size))
    index = SeriesIndex()
    found, faults = [], []
    for block in read_input(blocks, "input", options):
        columns, undecodable = decode(block.records, index)
        found.append(columns)
        faults += block.faults
        faults += [
            LineFault("input", int(block.records.offset[fault.record]), fault.reason, fault.detail)
            for fault in undecodable
        ]
    return found, faults, index


def observations(
    text: str | bytes, options: IntakeOptions = FLOW, size: int = 1 << 20
) -> list[tuple[str, dict[str, str], float, float]]:
    """Metric, labels, time and value of each, in order; there are no faults."""
    found, faults, index = read(text, options, size)
    assert not faults
    return list(_flat(found, index))


def _flat(
    found: list[ObservationColumns], index: SeriesIndex
) -> Iterator[tuple[str, dict[str, str], float, float]]:
    for columns in found:
        for number, time, value in zip(columns.series, columns.timestamp, columns.value, strict=True):
            series = index.series[number]
            yield series.metric, dict(series.labels), float(time), float(value)


ROWS = [("flow", {}, 1_700_000_000.0, 1.5), ("flow", {}, 1_700_000_060.0, 2.0)]


def test_csv_rows() -> None:
    text = (
        b"\xef\xbb\xbftimestamp,metric,value,site,learn\r\n"
        b'1700000000.25,flow,3.20,"A ""x"", y",\r\n'
        b"2023-11-14T22:13:21Z,flow,.5,,true\r\n"
        b"\r\n"
        b"1700000002,flow,1e-3,\xc3\xa9,0\r\n"
    )
    index = SeriesIndex()
    (block,) = read_input([text], "input", IntakeOptions())
    records = block.records
    columns, faults = decode(records, index)
    assert not faults
    assert not block.faults
    assert columns.offset.tolist() == [1, 2, 4]
    assert records.next_offset == 5
    assert columns.timestamp.tolist() == [1700000000.25, 1700000001.0, 1700000002.0]
    assert columns.value.tolist() == [3.2, 0.5, 0.001]
    assert columns.learn.tolist() == [False, True, False]
    assert [index.series[i] for i in columns.series] == [
        Series.of("flow", {"site": 'A "x", y'}),
        Series.of("flow"),
        Series.of("flow", {"site": "é"}),
    ]
    assert block.written_times == ["1700000000.25", "2023-11-14T22:13:21Z", "1700000002"]


@pytest.mark.parametrize("spelled", ["2023-11-14 22:13:20", "2023-11-14T22:13:20", " 2023-11-14 22:13:20.0 "])
def test_a_timestamp_without_a_zone_is_utc(spelled: str) -> None:
    assert [each[2] for each in observations(f"timestamp,value\n{spelled},1\n")] == [1_700_000_000.0]


def test_a_metric_for_files_without_one() -> None:
    found = observations("timestamp_ms,value\n1700000000000,1\n1700000001000,2")
    assert found == [("flow", {}, 1700000000.0, 1.0), ("flow", {}, 1700000001.0, 2.0)]


@pytest.mark.parametrize(
    ("row", "reason", "said"),
    [
        (b"1,nan,x", FaultReason.VALUE, "value 'nan' is not a finite number"),
        (b"1,inf,x", FaultReason.VALUE, "value 'inf' is not"),
        (b"1,,x", FaultReason.VALUE, "the value is empty"),
        (b"1,1_0,x", FaultReason.VALUE, "value '1_0' is not"),
        (b"1,abc,x", FaultReason.VALUE, "value 'abc' is not"),
        (b'1,"1,5",x', FaultReason.VALUE, "add --decimal ','"),
        (b"never,1,x", FaultReason.TIMESTAMP, "'never' is neither"),
        (b"3/4/2024 10:00,1,x", FaultReason.TIMESTAMP, "the day or the month"),
        (b"2024-02-30,1,x", FaultReason.TIMESTAMP, "'2024-02-30'"),
        (b",1,x", FaultReason.TIMESTAMP, "the timestamp is empty"),
        (b"1,1", FaultReason.MALFORMED, "2 cells, the header 3"),
        (b"1,1,x,y", FaultReason.MALFORMED, "4 cells, the header 3"),
        (b'1,1,"x', FaultReason.MALFORMED, "not CSV"),
        (b"1,1,\xff", FaultReason.MALFORMED, "--encoding latin-1"),
    ],
)
def test_faulty_rows(row: bytes, reason: FaultReason, said: str) -> None:
    lines = b"timestamp,value,site\n" + b"1,1,x\n" * 1000 + row
    found, faults, _ = read(lines)
    assert sum(map(len, found)) == 1000
    assert [(fault.line, fault.reason) for fault in faults] == [(1001, reason)]
    assert said in faults[0].detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timestamp,site\n1,x", "'value'.*--value-column.*--wide"),
        ("timestamp,value\n1,x", "'metric'.*--metric"),
        ("value,metric,value\n1,2,3", "more than once"),
        ("metric,value\n1,2", "'timestamp'.*--timestamp-column"),
        ("date,time,metric,value\n1,2,3,4", "'date', 'time'.*--timestamp-column"),
        ("time,metric,value,val\n1,2,3,4", "'value', 'val'.*--value-column"),
        ("1700000000,5\n1700000060,6", "add a header"),
        ("2023-11-14 22:13,5.5\n", "add a header"),
        ("timestamp,metric,value\n", "no rows"),
        (b"timestamp,metric,value,gr\xf6\xdfe\n1,2,3,4", "--encoding latin-1"),
        ('time,metric,value\n1,m,"1,234"\n2,m,"2,345"', "--decimal"),
    ],
)
def test_tables_that_cannot_be_used(text: str | bytes, said: str) -> None:
    with pytest.raises(AnomalyStreamError, match=f"^input: .*{said}"):
        read(text, IntakeOptions())


@pytest.mark.parametrize(
    "text",
    [
        "Timestamp,VALUE\n1700000000,1.5\n1700000060,2\n",
        "time,v\n1700000000,1.5\n1700000060,2\n",
        "Date;Value\n2023-11-14 22:13:20;1,5\n2023-11-14 22:14:20;2\n",
        "ts\tval\n1700000000000\t1,5\n1700000060000\t2,0\n",
        "sep=;\ndatetime;value\n2023-11-14 22:13:20;1.5\n2023-11-14 22:14:20;2.0\n",
        "_time|_value\n1700000000000000|1.5\n1700000060000000|2\n",
        '"date","value"\n"1700000000000000000","1.5"\n"1700000060000000000","2"\n',
        "timestamp,value\r1700000000,1.5\r1700000060,2\r",
        "timestamp,value\r\n1700000000,1.5\r\n1700000060,2\r\n",
        "\n\ntimestamp,value\n\n1700000000,1.5\n1700000060,2",
        "\ufefftimestamp,value\n1700000000,1.5\n1700000060,2",
        ",timestamp,value\n0,1700000000,1.5\n1,1700000060,2\n",
        "Unnamed: 0,timestamp,value\n0,1700000000,1.5\n1,1700000060,2\n",
        ",value\n2023-11-14 22:13:20,1.5\n2023-11-14 22:14:20,2\n",
    ],
)
@pytest.mark.parametrize("size", [1, 13, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_dresses_of_one_table(text: str, size: int, encoding: str) -> None:
    assert observations(text.encode(encoding), size=size) == ROWS


def test_a_named_encoding() -> None:
    text = "timestamp,value,größe\n1,2,süß\n"
    for encoding in ("latin-1", "cp1252", "utf-16", "utf-8"):
        options = IntakeOptions(metric="flow", encoding=encoding)
        assert observations(text.encode(encoding), options) == [("flow", {"größe": "süß"}, 1.0, 2.0)]
    with pytest.raises(AnomalyStreamError, match="there is no encoding 'klingon'"):
        read(text, IntakeOptions(metric="flow", encoding="klingon"))
    with pytest.raises(AnomalyStreamError, match=r"is not utf-16.*--encoding"):
        read(b"\xff\xfea\x00\x00\xd8b\x00", FLOW)


def test_named_columns() -> None:
    text = "when,close,volume,symbol\n2024-01-02,1.5,700,A\n2024-01-03,2,800,A\n"
    named = IntakeOptions(
        metric="price", timestamp_column="when", value_column="close", label_columns=("symbol",)
    )
    assert observations(text, named) == [
        ("price", {"symbol": "A"}, 1704153600.0, 1.5),
        ("price", {"symbol": "A"}, 1704240000.0, 2.0),
    ]
    for wrong in ({"timestamp_column": "When"}, {"value_column": "clos"}, {"label_columns": ("symbols",)}):
        options = {"metric": "price", "timestamp_column": "when", "value_column": "close"} | wrong
        with pytest.raises(AnomalyStreamError, match=r"there is no column .*did you mean"):
            read(text, IntakeOptions(**options))  # type: ignore[arg-type]


def test_a_wide_table() -> None:
    text = "time,host,cpu,memory,empty\n1,a,0.5,7,\n1,b,,8,\n2,a,oops,NaN,3\n"
    found, faults, index = read(text, IntakeOptions(wide=True))
    assert list(_flat(found, index)) == [
        ("cpu", {"host": "a"}, 1.0, 0.5),
        ("memory", {"host": "a"}, 1.0, 7.0),
        ("memory", {"host": "b"}, 1.0, 8.0),
        ("empty", {"host": "a"}, 2.0, 3.0),
    ]
    assert [(fault.line, fault.reason) for fault in faults] == [(3, FaultReason.VALUE)]
    assert "column 'cpu': value 'oops'" in faults[0].detail


def test_numeric_labels_of_a_wide_table() -> None:
    options = IntakeOptions(wide=True, label_columns=("rack",))
    assert observations("time,rack,cpu\n1,7,0.5\n", options) == [("cpu", {"rack": "7"}, 1.0, 0.5)]
    with pytest.raises(AnomalyStreamError, match="no column holds numbers"):
        read("time,host\n1,a\n", IntakeOptions(wide=True))


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.234,5", None, 1234.5),
        ("1.234.567", None, 1234567.0),
        ("-0,25", None, -0.25),
        ("1,5e3", None, 1500.0),
        ("7", ",", 7.0),
        ("1,234", ",", 1.234),
        ("1,234", ".", 1234.0),
    ],
)
def test_decimal_commas(cell: str, decimal: str | None, value: float) -> None:
    options = IntakeOptions(metric="flow", decimal=decimal)
    found = observations(
        f"time;value\n1;0,5\n2;{cell}\n" if decimal is None else f"time;value\n2;{cell}\n", options
    )
    assert found[-1][3] == value


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,123", "1,234"], [0.123, 1.234]),
        (["12,34", "1,234"], [12.34, 1.234]),
        (["1,234", "7"], [1.234, 7.0]),
        (["1,234,567", "1,234"], [1234567.0, 1234.0]),
        (["1,234.5", "1,234"], [1234.5, 1234.0]),
    ],
)
def test_commas_that_have_one_meaning(cells: list[str], values: list[float]) -> None:
    rows = "".join(f"{n};{cell}\n" for n, cell in enumerate(cells))
    assert [each[3] for each in observations(f"time;value\n{rows}")] == values


def test_commas_before_three_digits_are_ambiguous_between_semicolons() -> None:
    text = "time;value\n2024-01-01;9,646\n2024-01-02;12,345\n"
    with pytest.raises(AnomalyStreamError, match=r"'9,646' has a comma .* --decimal ',', or --decimal '.'"):
        read(text)
    for decimal, values in ((",", [9.646, 12.345]), (".", [9646.0, 12345.0])):
        options = IntakeOptions(metric="flow", decimal=decimal)
        assert [each[3] for each in observations(text, options)] == values


def test_a_point_among_decimal_commas_is_a_fault() -> None:
    _, faults, _ = read("time;value\n1;0,5\n2;1.5\n")
    assert [fault.line for fault in faults] == [2]
    assert "decimal comma" in faults[0].detail


@pytest.mark.parametrize("cell", ["12 345.5", "12\u00a0345.5", "12\u202f345.5", "12'345.5", "12\u2019345.5"])
def test_thousands_grouped_by_spaces_or_apostrophes(cell: str) -> None:
    assert [each[3] for each in observations(f"timestamp,value\n1700000000,{cell}\n")] == [12345.5]
    assert [each[3] for each in observations(f"timestamp,value\n1700000000,\u2212{cell}\n")] == [-12345.5]
    with_comma = f"timestamp;value\n1700000000;{cell.replace('.', ',')}\n"
    assert [each[3] for each in observations(with_comma)] == [12345.5]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("$5.10", "remove '$'"),
        ("5 %", "remove '%'"),
        ("~5 ms", "remove '~' and 'ms'"),
        ("five", "value 'five' is not a finite number"),
        ("1 2", "value '1 2' is not a finite number"),
    ],
)
def test_units_are_named(cell: str, said: str) -> None:
    _, (fault,), _ = read(f"timestamp,value\n1700000000,{cell}\n")
    assert fault.detail.endswith(said)


def test_comments_above_the_header() -> None:
    text = "# export of May\n#\nsep=,\n\ntimestamp,value\n1700000000,1.5\n1700000060,2\n"
    assert observations(text) == ROWS
    with_sign = "#timestamp,value\n1700000000,1.5\n1700000060,2\n"
    assert observations(with_sign, IntakeOptions(metric="flow", timestamp_column="#timestamp")) == ROWS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Zeit;Messwert\n31.1.2024;1,5\n", "add --timestamp-column Zeit --value-column Messwert, or"),
        ("day,Value\n31/01/2024,1\n", "only 'day', 'Value': add --timestamp-column day"),
        ("date,net sales,site\n2024-01-31,1,a\n", "add --value-column 'net sales', or use --wide"),
        ("date,cpu,mem\n2024-01-31,1,2\n", "add --value-column NAME, or use --wide"),
        ("Report of May\n\ndate,value\n2024-01-31,1\n", "remove the lines above it"),
    ],
)
def test_the_options_that_name_missing_columns(text: str, said: str) -> None:
    with pytest.raises(AnomalyStreamError) as raised:
        read(text)
    assert said in str(raised.value)


def test_rows_that_are_too_short_have_the_singular() -> None:
    _, (fault,), _ = read("timestamp,value\n1700000000\n")
    assert fault.detail == "the row has 1 cell, the header 2"


@pytest.mark.parametrize(
    "text",
    [
        "date,time,value\n2023-11-14,22:13:20,1.5\n2023-11-14,22:14:20,2.0\n",
        "Time,value,Date\n22:13:20,1.5,2023-11-14\n22:14:20,2.0,2023-11-14\n",
        "date;time;value\n2023-11-14;22:13:20;1,5\n2023-11-14;22:14:20;2,0\n",
    ],
)
def test_a_day_and_a_time_of_day_are_one_time(text: str) -> None:
    assert observations(text) == ROWS
    (block,) = read_input([text.encode()], "input", FLOW)
    assert list(block.written_times or ()) == ["2023-11-14 22:13:20", "2023-11-14 22:14:20"]


def test_a_day_and_a_time_of_day_take_a_format_for_both() -> None:
    _, (fault,), _ = read("date,time,value\n03/11/2023,22:13,1.5\n")
    assert "'03/11/2023 22:13' may begin with the day or the month" in fault.detail
    assert "--timestamp-format '%d/%m/%Y %H:%M'" in fault.detail
    options = IntakeOptions(metric="flow", timestamp_format="%d/%m/%Y %H:%M")
    found = observations("date,time,value\n14/11/2023,22:13,1.5\n", options)
    assert found == [("flow", {}, 1_699_999_980.0, 1.5)]


@pytest.mark.parametrize("row", ["2023-11-14 22:13,22:13,1.5", "2023-11-14,2023-11-14 22:13,1.5", "14,22,1"])
def test_two_columns_that_are_no_day_and_time_of_day_are_not_joined(row: str) -> None:
    with pytest.raises(AnomalyStreamError, match="may each be the column meant"):
        read(f"date,time,value\n{row}\n")
