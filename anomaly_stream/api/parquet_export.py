"""Rows as a Parquet file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import Any

import pyarrow as pa
from pyarrow import parquet

_PART_BYTES = 2**16


def parquet_file(
    pages: Iterable[Sequence[Mapping[str, Any]]], columns: Sequence[str], texts: Sequence[str]
) -> Iterator[bytes]:
    """The parts of a file with these ``columns``; those of ``texts`` are text, the others numbers."""
    schema = pa.schema([(name, pa.string() if name in texts else pa.float64()) for name in columns])
    with TemporaryFile() as held:
        with parquet.ParquetWriter(held, schema) as writer:
            for page in pages:
                arrays = [
                    pa.array([_of(row.get(name)) for row in page], kind.type)
                    for name, kind in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.table(arrays, schema=schema))
        held.seek(0)
        while part := held.read(_PART_BYTES):
            yield part


def _of(value: object) -> object:
    return float(value) if isinstance(value, int) else value
