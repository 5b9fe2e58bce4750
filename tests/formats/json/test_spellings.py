import random

import numpy as np

from anomaly_stream.formats.json.decoder import JsonDecoder
from anomaly_stream.formats.json.spellings import MIN_BOUND
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Series
from tests.formats.columns import decode, record_columns


def message(metric: str, labels: str, value: int) -> bytes:
    return f'{{"metric":"{metric}","labels":{labels},"value":{value}}}'.encode()


def test_spellings_of_one_series_share_its_number() -> None:
    index = SeriesIndex()
    spelled = (
        '{"a":"1","b":"é"}',
        '{"b":"é","a":"1"}',
        '{ "a":"1", "b":"\\u00e9" }',
        '{"a":"0","a":"1","b":"é"}',
    )
    values = [message("m", labels, 1) for labels in spelled] + [message("\\u006d", spelled[0], 1)]
    columns, faults = decode(record_columns(values), index)
    assert not faults
    assert columns.series.tolist() == [0] * 5
    assert index.add(Series.of("m", {"a": "1", "b": "é"})) == 0


def test_many_series_at_once_grow_the_table() -> None:
    decoder = JsonDecoder(SeriesIndex())
    values = [message("m", f'{{"host":"h{i}"}}', i) for i in range(20_000)]
    for _ in range(2):
        columns, faults = decoder.decode(record_columns(values))
        assert not faults
        assert columns.series.tolist() == list(range(20_000))
        assert columns.value.tolist() == list(range(20_000))


def test_random_label_orders_do_not_grow_it_permanently() -> None:
    index = SeriesIndex()
    decoder = JsonDecoder(index)
    rng = random.Random(3)
    names = [f'"k{i}":"v"' for i in range(12)]
    most = 0
    for batch in range(8):
        values = [message("m", "{" + ",".join(rng.sample(names, 12)) + "}", batch) for _ in range(20_000)]
        columns, faults = decoder.decode(record_columns(values))
        assert not faults
        assert not columns.series.any()
        most = max(most, len(decoder.spellings.table.start))
    assert len(index) == 1
    assert most == MIN_BOUND


def test_one_message_with_more_spellings_than_the_table_holds() -> None:
    index = SeriesIndex()
    count = MIN_BOUND + 10
    array = b"[" + b",".join(b'{"metric":"m%d","value":%d}' % (i, i) for i in range(count)) + b"]"
    columns, faults = decode(record_columns([message("a", "{}", 7), array, message("b", "{}", 8)]), index)
    assert not faults
    assert columns.value.tolist() == [7, *range(count), 8]
    assert [index.series[i].metric for i in columns.series[:2]] == ["a", "m0"]
    assert index.series[columns.series[-1]].metric == "b"


def test_the_spelling_of_a_forgotten_series_is_parsed_again() -> None:
    index = SeriesIndex()
    decoder = JsonDecoder(index)
    records = record_columns([message("a", "{}", 1), message("b", "{}", 1)])
    decoder.decode(records)
    index.forget(np.array([0]))
    index.add(Series("c"))
    columns, _ = decoder.decode(records)
    assert [index.series[number].metric for number in columns.series] == ["a", "b"]
    assert columns.series.tolist() == [2, 1]
