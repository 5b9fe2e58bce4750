"""One entrance to all readers: the blocks of a file, in whatever format, as records."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.lines import records_from_lines, whole_lines
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.csv_table import read_csv
from anomaly_stream.intake.json_table import is_standard, read_json_table
from anomaly_stream.intake.options import AUTO, CSV, PARQUET, InputBlock, IntakeOptions
from anomaly_stream.intake.parquet_table import MAGIC, read_parquet
from anomaly_stream.intake.text_blocks import decompressed, text_blocks, with_head

_BLOCK_BYTES = 1 << 20


def read_stream(
    stream: BinaryIO, name: str, options: IntakeOptions, blocks: Iterable[bytes] | None = None
) -> Iterator[InputBlock]:
    """The records of a seekable stream. A Parquet file is read in parts, which ``read_input`` cannot do.

    ``blocks`` are the bytes of the stream as they are read, if it is not Parquet. Raises as ``read_input``.
    """
    head = stream.read(len(MAGIC))
    stream.seek(0)
    if options.format == PARQUET or (options.format == AUTO and head == MAGIC):
        yield from read_parquet(stream, name, options)
    else:
        yield from read_input(blocks or iter(lambda: stream.read(_BLOCK_BYTES), b""), name, options)


def read_input(blocks: Iterable[bytes], name: str, options: IntakeOptions) -> Iterator[InputBlock]:
    """The records of an input, in its order.

    Lines that are messages of a metrics topic are passed on as they are, for the kernels to decode. Every
    other table is converted, row by row.

    Args:
        blocks: the file's bytes, cut anywhere.
        name: the input's name, in records and messages.
        options: what the user says about it.

    Raises:
        AnomalyStreamError: the input as a whole cannot be read.
    """
    head, blocks = with_head(decompressed(blocks, name), len(MAGIC))
    if options.format == PARQUET or (options.format == AUTO and head == MAGIC):
        yield from read_parquet(b"".join(blocks), name, options)
        return
    chunks = whole_lines(text_blocks(blocks, name, options.encoding, options.spelling))
    first = next(chunks, None)
    while first is not None and not first[0].strip():
        first = next(chunks, None)
    if first is None:
        return
    chunks = chain([first], chunks)
    if _is_csv(options.format, name, first[0]):
        yield from read_csv(chunks, name, options)
    elif options.format in (AUTO, DEFAULT_FORMAT) and (
        options.describes_rows or not is_standard(first[0], options)
    ):
        _check_lines(first[0], name)
        yield from read_json_table(chunks, name, options)
    else:
        _check_lines(first[0], name)
        for chunk, line in chunks:
            yield InputBlock(records_from_lines(chunk, name, line))


def _is_csv(kind: str, name: str, chunk: bytes) -> bool:
    if kind != AUTO:
        return kind == CSV
    first = chunk.strip().partition(b"\n")[0]
    if not first.startswith((b"{", b"[")):
        return True
    return name.endswith(".csv") and not _is_json(first)  # a header may begin with a bracket


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _check_lines(chunk: bytes, name: str) -> None:
    """Raise AnomalyStreamError for a document over several lines, each line of which would be a fault."""
    if chunk.strip().partition(b"\n")[0].strip() in (b"[", b"{", b"[{"):
        raise AnomalyStreamError(
            f"{name}: is one JSON document over several lines: write one object per line, for example with "
            "jq -c '.[]'"
        )
