"""Parquet files, read by pyarrow: the extra ``anomaly-stream[parquet]``."""

from collections.abc import Iterator
from typing import BinaryIO

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.columns import assign_columns
from anomaly_stream.intake.options import InputBlock, IntakeOptions
from anomaly_stream.intake.table import Row, Table

MAGIC = b"PAR1"
_ROWS = 4_096
_BUFFER_BYTES = 1 << 20
_PANDAS_INDEX = "__index_level_0__"


def read_parquet(source: bytes | BinaryIO, name: str, options: IntakeOptions) -> Iterator[InputBlock]:
    """The rows of a Parquet file: its content, or a seekable stream, of which a part is read at a time.

    Every cell is read as its text, as in CSV; null is an empty cell.

    Raises:
        AnomalyStreamError: pyarrow is not installed, the file is damaged, or its columns cannot be used.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise AnomalyStreamError(
            f"{name}: is a Parquet file, which anomaly-stream reads only with pyarrow (pip install "
            "'anomaly-stream[parquet]'): install it, or convert the file to CSV"
        ) from None
    table: Table | None = None
    line = 0
    try:
        content = pa.BufferReader(source) if isinstance(source, bytes) else source
        file = parquet.ParquetFile(content, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        names = ["" if column == _PANDAS_INDEX else column for column in file.schema_arrow.names]
        for field in file.schema_arrow:
            if pa.types.is_nested(field.type):
                raise ValueError(
                    f"column {field.name!r} is nested ({field.type}): flatten it, or leave it out"
                )
        for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
            cells = [
                [text or "" for text in column.cast(pa.string()).to_pylist()] for column in batch.columns
            ]
            # A pandas frame keeps its index as the last column: without a name, it may be the time.
            order = sorted(range(len(names)), key=lambda n: names[n] != "")
            rows = [Row(line + n, row) for n, row in enumerate(zip(*(cells[n] for n in order), strict=True))]
            if table is None:
                columns = assign_columns(
                    [names[n] for n in order], [row.cells for row in rows[:1000]], options
                )
                table = Table(name, columns, options)
            line += len(rows)
            yield table.block(rows, line)
    except (pa.ArrowException, OSError) as error:
        raise AnomalyStreamError(f"{name}: cannot be read as Parquet: {error}") from None
    except ValueError as error:
        raise AnomalyStreamError(f"{name}: {error}") from None
