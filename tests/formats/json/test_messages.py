"""What a dead letter says: the field, what was sent, and the cure."""

import json

import pytest

from anomaly_stream.formats.json.decoder import millisecond_decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import FaultReason, Series
from tests.formats.columns import decode, record_columns


def fault_of(fields: str) -> tuple[FaultReason, str]:
    columns, (fault,) = decode(record_columns([f'{{"metric":"m",{fields}}}'.encode()]), SeriesIndex())
    assert len(columns) == 0
    return fault.reason, fault.detail


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        ('"1.5"', 'value is "1.5", not a finite number: send it without quotes'),
        ('"1,5"', 'value is "1,5", not a finite number: send it without quotes and with a decimal point'),
        ('"high"', 'value is "high", not a finite number'),
        ("null", "value is null, not a finite number"),
        ("true", "value is true, not a finite number"),
        ("[1]", "value is an array, not a finite number"),
        ("{}", "value is an object, not a finite number"),
        ("NaN", "value is nan, not a finite number"),
        (json.dumps("x" * 99), 'value is "' + "x" * 39 + "..., not a finite number"),
    ],
)
def test_values(sent: str, detail: str) -> None:
    assert fault_of(f'"value":{sent}') == (FaultReason.VALUE, detail)


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (
            '{"a":"x","port":80.5}',
            "label 'port' is the number 80.5, not a string or an integer: put it in quotes",
        ),
        # A JSON Schema takes the next two for integers; as text, 1.0 and 1 would be two labels.
        ('{"a":1.0}', "label 'a' is the number 1.0, not a string or an integer: put it in quotes"),
        ('{"a":1e2}', "label 'a' is the number 100.0, not a string or an integer: put it in quotes"),
        ('{"up":true}', "label 'up' is true, not a string or an integer: put it in quotes"),
        ('{"up":null}', "label 'up' is null, not a string or an integer: leave it out, or send text"),
        ('{"up":{}}', "label 'up' is an object, not a string or an integer: leave it out, or send text"),
        ('["a:b"]', "labels is an array, not an object"),
        ('"a=b"', 'labels is "a=b", not an object'),
        ('{"":"x"}', "a label name is empty"),
        ('{"a":"\\ud800"}', "the value of label 'a' contains half of a surrogate pair"),
    ],
)
def test_labels(sent: str, detail: str) -> None:
    assert fault_of(f'"value":1,"labels":{sent}') == (FaultReason.LABELS, detail)


@pytest.mark.parametrize(
    "name", ["tags", "tag", "label", "dimensions", "attributes", "Labels", "Tags", "Dimensions", "Attributes"]
)
@pytest.mark.parametrize("sent", ['{"host":"a"}', '["host:a"]'])
def test_labels_by_another_name_are_no_series_without_labels(name: str, sent: str) -> None:
    expected = f"{name!r} is not a field of an observation; did you mean 'labels'?"
    assert fault_of(f'"{name}":{sent},"value":1') == (FaultReason.LABELS, expected)


@pytest.mark.parametrize(
    ("message", "reason", "detail"),
    [
        ('{"name":"m","value":1}', FaultReason.METRIC, "metric is missing: 'name' is not"),
        ('{"Metric":"m","value":1}', FaultReason.METRIC, "metric is missing: 'Metric' is not"),
        ('{"metric":"m","val":1}', FaultReason.VALUE, "value is missing: 'val' is not"),
        (
            '\ufeff{"metric":"m","value":1}',
            FaultReason.MALFORMED,
            "not JSON: it begins with a byte order mark",
        ),
    ],
)
def test_what_was_meant_is_named(message: str, reason: FaultReason, detail: str) -> None:
    _, (fault,) = decode(record_columns([message.encode()]), SeriesIndex())
    assert fault.reason is reason
    assert fault.detail.startswith(detail)


@pytest.mark.parametrize(
    "fields",
    [
        '"labels":{"a":"b"},"tags":{"c":"d"}',
        '"labels":{"a":"b"},"tags":"x"',
        '"tags":{},"labels":{"a":"b"}',
    ],
)
def test_other_names_beside_labels_are_unknown_fields(fields: str) -> None:
    index = SeriesIndex()
    columns, faults = decode(record_columns([f'{{"metric":"m","value":1,{fields}}}'.encode()]), index)
    assert (len(columns), faults) == (1, [])
    assert index.series == [Series.of("m", {"a": "b"})]


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (
            "1663846221620",
            "1663846221620 s is not within 1970 to 2100; it looks like milliseconds: send it as "
            "timestamp_ms, or set the topic's format to json_milliseconds",
        ),
        ("1663846221620000", "looks like microseconds: send it as timestamp_ms, divided by 1,000"),
        ("1663846221620000000", "looks like nanoseconds: send it as timestamp_ms, divided by 1,000,000"),
        ("-1", "timestamp -1 s is not within 1970 to 2100"),
        (
            '"1663846221"',
            "timestamp '1663846221' is not an RFC 3339 time from 1970 to 2100: send a number without quotes",
        ),
        ('"22.09.2022"', "send a time such as 2024-01-31T12:00:00Z"),
        ("true", "timestamp is true, not a number of seconds or an RFC 3339 string"),
    ],
)
def test_timestamps(sent: str, detail: str) -> None:
    reason, found = fault_of(f'"value":1,"timestamp":{sent}')
    assert reason is FaultReason.TIMESTAMP
    assert found.endswith(detail)


@pytest.mark.parametrize("spelled", ["2022-09-22T11:30:21", "2022-09-22 11:30:21", "2022-09-22t11:30:21.000"])
def test_a_time_without_a_zone_is_utc(spelled: str) -> None:
    message = f'{{"metric":"m","timestamp":"{spelled}","value":1}}'
    columns, faults = decode(record_columns([message.encode()]), SeriesIndex())
    assert (columns.timestamp.tolist(), faults) == ([1663846221.0], [])


def test_an_empty_label_is_an_absent_one() -> None:
    index = SeriesIndex()
    sent = ('{"a":""}', "{}", '{"a":"","b":""}')
    messages = [f'{{"metric":"m","value":1,"labels":{labels}}}'.encode() for labels in sent]
    slow = b'{"metric":"\\u006d","value":1,"x":[],"labels":{"a":""}}'
    columns, faults = decode(record_columns([*messages, slow]), index)
    assert (columns.series.tolist(), faults) == ([0, 0, 0, 0], [])
    assert index.series == [Series("m")]


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("500", "500"),
        ("-7", "-7"),
        ("-0", "0"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("9" * 255, "9" * 255),
    ],
)
@pytest.mark.parametrize("rest", ["", ',"x":[]', ',"ok":NaN'])
def test_an_integer_label_is_its_digits_by_kernel_and_by_both_parsers(
    sent: str, taken: str, rest: str
) -> None:
    index = SeriesIndex()
    message = f'{{"metric":"m","value":1,"labels":{{"code":{sent}}}{rest}}}'
    columns, faults = decode(record_columns([message.encode()]), index)
    assert (len(columns), faults) == (1, [])
    assert index.series == [Series.of("m", {"code": taken})]


@pytest.mark.parametrize("digits", [256, 4300, 4301, 20_000])
@pytest.mark.parametrize("rest", ["", ',"x":[]', ',"ok":NaN'])
def test_a_very_long_integer_label_is_over_the_limit(digits: int, rest: str) -> None:
    (reason, detail) = fault_of(f'"value":1,"labels":{{"code":{"9" * digits}}}{rest}')
    assert (reason, detail) == (
        FaultReason.LIMIT,
        f"label 'code' has {digits} bytes; the limit is 255",
    )


def read_in_milliseconds(sent: str, *rest: str) -> tuple[list[float], list[str]]:
    fields = ",".join(('"metric":"m"', '"value":1', f'"timestamp":{sent}', *rest))
    columns, faults = millisecond_decoder(SeriesIndex()).decode(record_columns([f"{{{fields}}}".encode()]))
    return columns.timestamp.tolist(), [fault.detail for fault in faults]


@pytest.mark.parametrize("rest", [(), ('"x":[]',)])
@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("1663846221620", 1663846221.62),
        ("1663846221620.5", 1663846221.6205),
        ('"2022-09-22T11:30:21Z"', 1663846221.0),
    ],
)
def test_a_number_in_milliseconds(sent: str, seconds: float, rest: tuple[str, ...]) -> None:
    assert read_in_milliseconds(sent, *rest) == ([seconds], [])


def test_timestamp_ms_is_in_milliseconds_in_every_format() -> None:
    assert read_in_milliseconds("null", '"timestamp_ms":1663846221620') == ([1663846221.62], [])


def test_seconds_on_a_topic_in_milliseconds_are_named() -> None:
    assert read_in_milliseconds("1663846221") == (
        [],
        ["timestamp 1663846221 ms is before 1973; if it is in seconds, the format of the topic is json"],
    )
