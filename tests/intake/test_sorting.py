"""Sorted inputs, against Python's own sort."""

import json
import random
from itertools import chain

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.intake.options import InputBlock, IntakeOptions
from anomaly_stream.intake.reader import read_input
from anomaly_stream.intake.sorting import sorted_by_time
from tests.formats.columns import decode


def blocks(text: str, name: str, metric: str | None = None) -> list[InputBlock]:
    content = text.encode()
    parts = [content[at : at + 997] for at in range(0, len(content), 997)]
    return list(read_input(parts, name, IntakeOptions(metric=metric)))


def test_records_of_two_inputs_by_time_and_then_by_place() -> None:
    rng = random.Random(11)
    rows = [(rng.randrange(60), n) for n in range(400)]
    table = "time,value\n" + "".join(f"{time},{value}\n" for time, value in rows[:150]) + "7,none\n"
    messages = [json.dumps({"metric": "m", "timestamp": time, "value": value}) for time, value in rows[150:]]
    given = chain(blocks(table, "a.csv", "m"), blocks("\n".join([*messages, "rubbish"]), "b.jsonl"))
    found, origins, undecodable, faults = [], [], [], []
    for block in sorted_by_time(given, "json"):
        columns, bad = decode(block.records, SeriesIndex())
        found += list(zip(columns.timestamp.tolist(), columns.value.tolist(), strict=True))
        assert block.names is not None
        assert block.written_times is not None
        rows_read = columns.record.tolist()
        origins += [(block.names[row], int(block.records.offset[row])) for row in rows_read]
        undecodable += [(block.names[fault.record], int(block.records.offset[fault.record])) for fault in bad]
        faults += [(fault.name, fault.line) for fault in block.faults]
    expected = sorted(range(400), key=lambda n: rows[n][0])
    assert found == [rows[n] for n in expected]
    assert origins == [("a.csv", n + 1) if n < 150 else ("b.jsonl", n - 150) for n in expected]
    assert undecodable == [("b.jsonl", 250)]
    assert faults == [("a.csv", 151)]


def test_an_input_of_faults_alone() -> None:
    (block,) = sorted_by_time(blocks("time,value\nx,1\ny,2\n", "a.csv", "m"), "json")
    assert len(block.records) == 0
    assert [fault.line for fault in block.faults] == [1, 2]
    assert list(sorted_by_time([], "json")) == []
