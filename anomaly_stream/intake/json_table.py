"""JSON lines that are not in the form of a metrics topic: flat objects with columns of any name."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import msgspec

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.columns import Columns, assign_columns
from anomaly_stream.intake.options import InputBlock, IntakeOptions, LineFault
from anomaly_stream.intake.table import Row, Table
from anomaly_stream.intake.times import TimeReader
from anomaly_stream.model import FaultReason

_SAMPLE_ROWS = 1000
_LABELS = "labels"


def is_standard(chunk: bytes, options: IntakeOptions) -> bool:
    """Whether one of the first lines is a message of a metrics topic, or none is an object with fields."""
    found = False
    for line in chunk.split(b"\n", _SAMPLE_ROWS)[:_SAMPLE_ROWS]:
        try:
            document = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        for one in document if isinstance(document, list) else [document]:
            if isinstance(one, dict) and one:
                found = True
                if _is_message(one):
                    return True
    return not found


def _is_message(document: dict[str, Any]) -> bool:
    if "metric" not in document or "value" not in document:
        return False
    time = document.get("timestamp")
    if isinstance(time, str):
        try:
            return TimeReader("Etc/GMT").read(time) == ("timestamp", time)
        except ValueError:
            return False
    if time is None:
        return "timestamp_ms" in document
    return isinstance(time, int | float) and abs(time) < 1e11


class JsonRows:
    """Flat JSON objects as rows. The columns are the keys, in the order in which they are first seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.names: list[str] = []
        self._place: dict[str, int] = {}

    def rows(self, chunk: bytes, first: int) -> Iterator[Row | LineFault]:
        """A row for each object of the lines; a line may hold an array of objects."""
        for number, line in enumerate(chunk.split(b"\n"), first):
            if not line.strip():
                continue
            try:
                document = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield LineFault(self._name, number, FaultReason.MALFORMED, f"not JSON: {error}")
                continue
            for one in document if isinstance(document, list) else [document]:
                yield self._row(one, number)

    def _row(self, document: Any, number: int) -> Row | LineFault:
        if not isinstance(document, dict):
            return LineFault(
                self._name, number, FaultReason.MALFORMED, "an observation must be a JSON object"
            )
        nested = [key for key, value in document.items() if isinstance(value, dict | list) and key != _LABELS]
        if nested:
            detail = f"field {nested[0]!r} is nested: only 'labels' may be; flatten it"
            return LineFault(self._name, number, FaultReason.MALFORMED, detail)
        labels = document.pop(_LABELS, None) or {}
        if not isinstance(labels, dict):
            return LineFault(self._name, number, FaultReason.LABELS, "labels is not an object")
        for key in document:
            if key not in self._place:
                self._place[key] = len(self.names)
                self.names.append(key)
        cells = [""] * len(self.names)
        for key, value in document.items():
            cells[self._place[key]] = _text(value)
        return Row(number, cells, {key: _text(value) for key, value in labels.items() if value is not None})


def read_json_table(
    chunks: Iterator[tuple[bytes, int]], name: str, options: IntakeOptions
) -> Iterator[InputBlock]:
    """The rows of JSON lines. Raises AnomalyStreamError if no column can be the time or the value."""
    source = JsonRows(name)
    first = list(chain([next(chunks, (b"", 0))]))
    rows = list(source.rows(*first[0]))
    known = len(source.names)
    if not known and rows and isinstance(rows[0], LineFault):  # no row has a cell
        raise AnomalyStreamError(f"{name}: line {rows[0].line + 1}: {rows[0].detail}")
    try:
        columns = assign_columns(source.names, _sample(rows, known), options)
    except ValueError as error:
        raise AnomalyStreamError(f"{name}: {error}") from None
    table = Table(name, columns, options)
    for chunk, line in chain(first, chunks):
        rows = rows if line == first[0][1] else list(source.rows(chunk, line))
        _extend(columns, source.names, options)
        lines = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
        yield table.block(_padded(rows, len(source.names)), line + lines)


def _extend(columns: Columns, names: list[str], options: IntakeOptions) -> None:
    """Give keys that are new a meaning: a metric of a wide table, otherwise a label."""
    for number in range(len(columns.names), len(names)):
        columns.names.append(names[number])
        if options.wide and names[number] not in options.label_columns:
            columns.metrics[number] = names[number]
        elif not options.label_columns or names[number] in options.label_columns:
            columns.labels[number] = names[number]


def _sample(rows: Iterable[Row | LineFault], width: int) -> list[list[str]]:
    return [list(row.cells) for row in _padded(rows, width) if isinstance(row, Row)][:_SAMPLE_ROWS]


def _padded(rows: Iterable[Row | LineFault], width: int) -> Iterator[Row | LineFault]:
    for row in rows:
        if isinstance(row, Row) and len(row.cells) < width:
            yield Row(row.line, [*row.cells, *[""] * (width - len(row.cells))], row.labels)
        else:
            yield row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
