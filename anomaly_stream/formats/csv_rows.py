"""CSV with a header as record columns: each row is converted to the equivalent JSON message."""

import csv
import math
import re
from collections.abc import Iterator

import msgspec
import numpy as np

from anomaly_stream.formats.lines import columns_of_spans
from anomaly_stream.model import RecordColumns

_FIELDS = frozenset({"metric", "timestamp", "timestamp_ms", "value", "learn"})
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ZONELESS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class CsvHeader:
    """The header of a CSV file: the meaning of its columns.

    ``metric``, ``timestamp``, ``timestamp_ms``, ``value`` and ``learn`` are the fields of an observation.
    Every other column is a label, which is absent if its cell is empty. A timestamp without a zone is UTC, as
    in most exports. A quoted cell cannot contain a line break.
    """

    def __init__(self, line: str, default_metric: str | None = None) -> None:
        """Parse the header ``line``; ``default_metric`` is the metric of files without such a column.

        Raises ValueError, with a message for users, if the header is unusable.
        """
        self.columns = next(csv.reader([line.lstrip("\ufeff").rstrip("\r\n")]), [])
        self.default_metric = default_metric
        repeated = sorted({column for column in self.columns if self.columns.count(column) > 1})
        if repeated:
            raise ValueError(f"the CSV header names {', '.join(map(repr, repeated))} more than once")
        if "value" not in self.columns:
            raise ValueError("the CSV header has no column 'value'")
        if "metric" not in self.columns and default_metric is None:
            raise ValueError("the CSV header has no column 'metric', and no metric name was given: give one")

    def records(self, chunk: bytes, name: str, first_line: int) -> RecordColumns:
        """Rows (whole lines, without the header) as records; see :func:`records_from_lines`."""
        messages: list[bytes] = []
        lines: list[int] = []
        rows = chunk.split(b"\n")
        for number, row in enumerate(rows):
            if row.strip():
                messages.append(self._message(row))
                lines.append(first_line + number)
        length = np.array([len(message) for message in messages], np.int64)
        buffer = np.frombuffer(b"".join(messages), np.uint8)
        count = len(rows) - (not rows[-1])
        return columns_of_spans(
            buffer, name, np.array(lines, np.int64), np.cumsum(length) - length, length, first_line + count
        )

    def _message(self, row: bytes) -> bytes:
        """The row as a JSON object; as a JSON string, which is a fault, if it does not match the header."""
        try:
            cells = next(csv.reader([row.decode().rstrip("\r")], strict=True))
        except (UnicodeDecodeError, csv.Error):
            cells = []
        if len(cells) != len(self.columns):
            return msgspec.json.encode(row.decode(errors="replace"))
        return msgspec.json.encode(dict(self._fields(cells)))

    def _fields(self, cells: list[str]) -> Iterator[tuple[str, object]]:
        labels = {}
        if self.default_metric is not None:
            yield "metric", self.default_metric
        for column, cell in zip(self.columns, cells, strict=True):
            if column not in _FIELDS:
                if cell:
                    labels[column] = cell
            elif column == "metric":
                if cell or self.default_metric is None:
                    yield column, cell
            elif column == "timestamp" and _ZONELESS.fullmatch(cell.strip()):
                yield column, f"{cell.strip()}Z"
            elif cell or column == "value":
                yield column, _TRUTHS.get(cell.lower(), cell) if column == "learn" else _number(cell)
        yield "labels", labels


def _number(cell: str) -> object:
    """The cell as a number with its digits unchanged; the text if it is not a finite number."""
    text = cell.strip()
    if _JSON_NUMBER.fullmatch(text):
        return msgspec.Raw(text.encode())
    if not text.isascii() or "_" in text:  # float() accepts these, JSON does not
        return cell
    try:
        number = float(text)
    except ValueError:
        return cell
    return number if math.isfinite(number) else cell
