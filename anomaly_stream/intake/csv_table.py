"""CSV with a header, whatever its delimiter."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.columns import assign_columns
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.intake.options import InputBlock, IntakeOptions, LineFault
from anomaly_stream.intake.table import Row, Table
from anomaly_stream.model import FaultReason

_DELIMITERS = (",", ";", "\t", "|")
_PREAMBLE = re.compile(r"sep=.|#[^,;\t|]*")
"""Lines above the header: the delimiter as spreadsheets name it, and a comment, which is no row of names."""
_QUOTED = re.compile(r'"[^"]*"')
_SAMPLE_ROWS = 1000


def read_csv(chunks: Iterator[tuple[bytes, int]], name: str, options: IntakeOptions) -> Iterator[InputBlock]:
    """The rows of a CSV file. A quoted cell cannot contain a line break.

    Args:
        chunks: whole lines with the number of the first, as of ``formats.lines.whole_lines``.
        name: the input's name.
        options: the meaning of columns, where their names do not say it.

    Raises:
        AnomalyStreamError: the header cannot be used.
    """
    header, first_line, rest = _header(chunks)
    try:
        delimiter, names = _names(header, options.spelling)
        sample = [row for chunk, _ in rest[:1] for row in _sample(chunk, delimiter, len(names))]
        table = Table(name, assign_columns(names, sample, options, delimiter), options)
    except ValueError as error:
        raise AnomalyStreamError(f"{name}: {error}") from None
    for chunk, line in chain(rest, chunks):
        lines = chunk.split(b"\n")
        count = len(lines) - (not lines[-1])
        yield table.block(_rows(lines, line, delimiter, len(names), name, options.spelling), line + count)
    if not rest:
        raise AnomalyStreamError(f"{name}: has a header in line {first_line + 1} and no rows")


def _header(chunks: Iterator[tuple[bytes, int]]) -> tuple[bytes, int, list[tuple[bytes, int]]]:
    """The first line that is neither blank nor a comment, its number, and a chunk of the rows after it."""
    for chunk, line in chunks:
        rows, number = chunk, line
        while rows:
            first, _, rows = rows.partition(b"\n")
            number += 1
            if first.strip() and not _PREAMBLE.fullmatch(first.decode(errors="replace").strip()):
                filled = (each for each in chain([(rows, number)], chunks) if each[0].strip())
                return first, number - 1, list(islice(filled, 1))
    return b"", 0, []


def _names(header: bytes, spelling: OptionSpelling) -> tuple[str, list[str]]:
    """The delimiter and the names of the columns. Raises ValueError, with a message for users."""
    try:
        text = header.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"is not UTF-8 (byte {error.start} of the header): name its encoding, for example "
            f"{spelling.given('encoding', 'latin-1')}"
        ) from None
    bare = _QUOTED.sub("", text)
    delimiter = max(_DELIMITERS, key=bare.count)
    try:
        return delimiter, _split(text, delimiter)
    except csv.Error as error:
        raise ValueError(f"the header is not CSV: {error}") from None


def _split(row: str, delimiter: str) -> list[str]:
    if '"' not in row:
        return row.rstrip("\r").split(delimiter)
    return next(csv.reader([row.rstrip("\r")], delimiter=delimiter, strict=True), [])


def _sample(chunk: bytes, delimiter: str, width: int) -> Iterator[Sequence[str]]:
    lines = chunk.split(b"\n", _SAMPLE_ROWS)[:_SAMPLE_ROWS]
    return (row.cells for row in _rows(lines, 0, delimiter, width, "") if isinstance(row, Row))


def _rows(
    lines: Iterable[bytes],
    first: int,
    delimiter: str,
    width: int,
    name: str,
    spelling: OptionSpelling = COMMAND_LINE,
) -> Iterator[Row | LineFault]:
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            cells = _split(line.decode(), delimiter)
        except UnicodeDecodeError as error:
            option = spelling.given("encoding", "latin-1")
            detail = f"not UTF-8 at byte {error.start}: name the encoding, for example {option}"
            yield LineFault(name, number, FaultReason.MALFORMED, detail)
            continue
        except csv.Error as error:
            yield LineFault(name, number, FaultReason.MALFORMED, f"not CSV: {error}")
            continue
        if len(cells) == width:
            yield Row(number, cells)
        else:
            cure = f": quote cells with {delimiter!r} in them" if len(cells) > width else ""
            detail = f"the row has {len(cells)} cell{'s' * (len(cells) != 1)}, the header {width}{cure}"
            yield LineFault(name, number, FaultReason.MALFORMED, detail)
