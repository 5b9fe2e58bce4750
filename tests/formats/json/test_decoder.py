import numpy as np

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import FaultReason, Series
from tests.formats.columns import KAFKA_MS, decode, record_columns


def test_fields_in_any_order_and_spelling() -> None:
    index = SeriesIndex()
    columns, faults = decode(
        record_columns(
            [
                b'{"metric": "flow", "labels": {"site": "A"}, "timestamp": 1700000000.25, "value": 3.2}',
                b'\n{"learn":true,"value":-1e-3,"timestamp_ms":1700000001500,'
                b'"labels":{"site":"A"},"metric":"flow"} ',
                b'{"metric":"fl\\u006fw","labels":{"site":"\\u0041"},"timestamp":"2023-11-14T22:13:22Z","value":7}',
                b'{"metric":"flow","labels":{},"value":1}',
                b'{"metric":"flow","labels":null,"timestamp":null,"learn":null,"value":2}',
            ]
        ),
        index,
    )
    assert not faults
    flow = Series.of("flow", {"site": "A"})
    assert [index.series[i] for i in columns.series] == [flow, flow, flow, Series("flow"), Series("flow")]
    assert columns.timestamp.tolist() == [
        1700000000.25,
        1700000001.5,
        1700000002.0,
        KAFKA_MS / 1000,
        KAFKA_MS / 1000,
    ]
    assert columns.value.tolist() == [3.2, -0.001, 7.0, 1.0, 2.0]
    assert columns.learn.tolist() == [False, True, False, False, False]
    assert columns.record.tolist() == [0, 1, 2, 3, 4]
    assert columns.offset.tolist() == [1000, 1001, 1002, 1003, 1004]
    assert [c.dtype for c in (columns.series, columns.value, columns.learn)] == [
        np.int64,
        np.float64,
        np.bool_,
    ]


def test_good_elements_of_an_array_count_and_the_faulty_ones_are_named() -> None:
    index = SeriesIndex()
    message = (
        b'[{"metric":"a","value":1},{"metric":"a","value":NaN},{"metric":"a","value":2},'
        b'3,{"metric":"","value":1}]'
    )
    columns, faults = decode(record_columns([message, b'{"metric":"b","value":9}']), index)
    assert columns.value.tolist() == [1.0, 2.0, 9.0]
    assert columns.record.tolist() == [0, 0, 1]
    (fault,) = faults
    assert (fault.record, fault.reason) == (0, FaultReason.VALUE)
    assert fault.detail == (
        "element 1: value is nan, not a finite number; element 3: an observation must be a JSON object; "
        "element 4: metric is empty"
    )


def test_many_faulty_elements_are_counted_not_listed() -> None:
    _, (fault,) = decode(record_columns([b"[" + b",".join([b"{}"] * 100) + b"]"]), SeriesIndex())
    assert fault.detail.endswith("element 4: metric is missing; and 95 more")


def test_an_element_that_only_the_table_refuses_sends_the_whole_array_the_slow_way() -> None:
    index = SeriesIndex()
    message = (
        b'[{"metric":"a","value":1},{"metric":"b","labels":{"x":1.5},"value":2},{"metric":"c","value":3}]'
    )
    columns, faults = decode(record_columns([message]), index)
    assert columns.value.tolist() == [1.0, 3.0]
    assert [fault.reason for fault in faults] == [FaultReason.LABELS]


def test_the_learn_header_teaches_the_whole_record() -> None:
    two = b'[{"metric":"a","value":1},{"metric":"a","value":2}]'
    one = b'{"metric":"a","value":3,"learn":true}'
    columns, _ = decode(
        record_columns([two, two, one], [[(b"learn", b"true")], [], [(b"learn", b"false")]]), SeriesIndex()
    )
    assert columns.learn.tolist() == [True, True, False, False, True]


def test_without_any_timestamp_it_is_a_fault() -> None:
    columns, faults = decode(
        record_columns(
            [b'{"metric":"a","value":1}', b'{"metric":"a","value":1,"timestamp":5}'], timestamp_ms=-1
        ),
        SeriesIndex(),
    )
    assert columns.timestamp.tolist() == [5.0]
    assert [(fault.record, fault.reason) for fault in faults] == [(0, FaultReason.TIMESTAMP)]


def test_the_last_of_two_equal_keys_wins() -> None:
    index = SeriesIndex()
    columns, faults = decode(
        record_columns([b'{"metric":"a","metric":"b","value":1,"value":2,"labels":{"x":"1","x":"2"}}']), index
    )
    assert not faults
    assert columns.value.tolist() == [2.0]
    assert index.series == [Series.of("b", {"x": "2"})]


def test_nothing() -> None:
    columns, faults = decode(record_columns([]), SeriesIndex())
    assert len(columns) == 0
    assert faults == []


def test_a_writable_buffer_and_a_view_into_a_larger_one() -> None:
    records = record_columns([b'{"metric":"a","value":%d}' % i for i in range(50)])
    columns, faults = decode(records.slice(10, 20), SeriesIndex())
    assert not faults
    assert columns.value.tolist() == list(range(10, 20))
    assert columns.offset.tolist() == list(range(1010, 1020))
