"""Parquet files, written by pyarrow as pandas and others write them."""

import io
import sys
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet
import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import IntakeOptions
from tests.intake.test_csv_table import ROWS, observations, read

TIMES = [datetime.fromtimestamp(row[2], UTC) for row in ROWS]
VALUES = [row[3] for row in ROWS]


def parquet(**columns: pa.Array) -> bytes:
    target = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), target)
    return target.getvalue()


@pytest.mark.parametrize(
    "times",
    [
        pa.array(TIMES, pa.timestamp("us", "UTC")),
        pa.array(TIMES, pa.timestamp("ns", "Europe/Berlin")),
        pa.array([time.replace(tzinfo=None) for time in TIMES], pa.timestamp("ms")),
        pa.array([time.timestamp() for time in TIMES]),
        pa.array([int(time.timestamp() * 1000) for time in TIMES]),
        pa.array([time.isoformat() for time in TIMES]),
    ],
)
def test_types_of_times(times: pa.Array) -> None:
    flow = IntakeOptions(metric="flow")
    assert observations(parquet(Time=times, value=pa.array(VALUES)), flow) == ROWS
    index = {"value": pa.array(VALUES), "__index_level_0__": times}
    if not pa.types.is_floating(times.type):
        assert observations(parquet(**index), flow) == ROWS


def test_labels_dates_and_nulls() -> None:
    content = parquet(
        date=pa.array([date(2024, 1, 2)] * 3),
        site=pa.array(["a", None, "b"]).dictionary_encode(),
        value=pa.array([7, 8, None], pa.int64()),
    )
    found, faults, index = read(content, IntakeOptions(metric="flow"))
    assert [columns.value.tolist() for columns in found] == [[7.0, 8.0]]
    assert [dict(series.labels) for series in index.series] == [{"site": "a"}, {}]
    assert [(fault.line, fault.detail) for fault in faults] == [(2, "the value is empty")]


def test_a_wide_file_of_several_batches() -> None:
    count = 40_000
    content = parquet(ts=pa.array(range(count)), cpu=pa.array([0.1] * count), host=pa.array(["a"] * count))
    found = observations(content, IntakeOptions(wide=True))
    assert found == [("cpu", {"host": "a"}, float(n), 0.1) for n in range(count)]


def test_columns_and_files_that_cannot_be_used() -> None:
    with pytest.raises(AnomalyStreamError, match=r"input: .*'value'.*--value-column"):
        read(parquet(ts=pa.array([1]), cpu=pa.array([1.0])), IntakeOptions(metric="flow"))
    with pytest.raises(AnomalyStreamError, match="input: cannot be read as Parquet"):
        read(b"PAR1 and no more", IntakeOptions(metric="flow"))


def test_a_nested_column_is_named() -> None:
    tags = pa.array([{"host": "a"}])
    with pytest.raises(
        AnomalyStreamError, match=r"column 'tags' is nested \(struct<host: string>\): flatten"
    ):
        read(parquet(ts=pa.array([1]), value=pa.array([1.0]), tags=tags), IntakeOptions(metric="flow"))


def test_without_pyarrow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AnomalyStreamError, match=r"pip install 'anomaly-stream\[parquet\]'"):
        read(b"PAR1", IntakeOptions(metric="flow"))
