"""Rows of a table as records: each observation becomes the JSON message of a metrics topic."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from anomaly_stream.formats.lines import columns_of_spans
from anomaly_stream.intake.columns import Columns
from anomaly_stream.intake.numbers import is_absent, read_number
from anomaly_stream.intake.options import InputBlock, IntakeOptions, LineFault
from anomaly_stream.intake.times import TimeReader
from anomaly_stream.model import FaultReason

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, as text; an empty cell is an absent value."""

    line: int
    """Its number in the input, from 0."""
    cells: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that are not in cells."""


class _RowFaultError(Exception):
    def __init__(self, reason: FaultReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Table:
    """Converts rows to messages.

    A label is absent if its cell is empty. In a wide table, a metric without a value in a row has no
    observation there.

    Args:
        name: the input, for records and messages.
        columns: the meaning of the cells.
        options: the metric of rows without one, and how timestamps are written.
    """

    def __init__(self, name: str, columns: Columns, options: IntakeOptions) -> None:
        self._name = name
        self._columns = columns
        self._metric = options.metric
        self._spelling = options.spelling
        self._times = TimeReader(
            options.timezone, options.timestamp_format, columns.milliseconds, options.spelling
        )

    def block(self, rows: Iterable[Row | LineFault], next_line: int) -> InputBlock:
        """The observations of ``rows``. Rows that are faults already stay so."""
        messages: list[bytes] = []
        lines: list[int] = []
        times: list[str] = []
        faults: list[LineFault] = []
        for row in rows:
            if not isinstance(row, Row):
                faults.append(row)
                continue
            for message in self._messages(row, faults):
                messages.append(message)
                lines.append(row.line)
                times.append(self._columns.written_time(row.cells))
        length = np.array([len(message) for message in messages], np.int64)
        records = columns_of_spans(
            np.frombuffer(b"".join(messages), np.uint8),
            self._name,
            np.array(lines, np.int64),
            np.cumsum(length) - length,
            length,
            next_line,
        )
        return InputBlock(records, times, faults=faults)

    def _messages(self, row: Row, faults: list[LineFault]) -> Iterator[bytes]:
        try:
            common = self._common(row)
        except _RowFaultError as error:
            faults.append(LineFault(self._name, row.line, error.reason, str(error)))
            return
        columns = self._columns
        if columns.value is not None:
            values = [(columns.value, str(common["metric"]))]
        else:
            values = [(n, name) for n, name in columns.metrics.items() if not is_absent(row.cells[n])]
        for number, metric in values:
            try:
                common["value"] = read_number(row.cells[number], columns.decimal, self._spelling)
            except ValueError as error:
                where = "" if columns.value is not None else f"column {columns.names[number]!r}: "
                faults.append(LineFault(self._name, row.line, FaultReason.VALUE, f"{where}{error}"))
                continue
            common["metric"] = metric
            yield _encoder.encode(common)

    def _common(self, row: Row) -> dict[str, object]:
        """The fields that all observations of a row share. Raises _RowFaultError."""
        columns, cells = self._columns, row.cells
        metric = self._metric_of(cells)
        labels = {**row.labels, **{name: cells[n] for n, name in columns.labels.items() if cells[n]}}
        try:
            name, time = self._times.read(columns.written_time(cells), metric, labels)
        except ValueError as error:
            raise _RowFaultError(FaultReason.TIMESTAMP, str(error)) from None
        fields: dict[str, object] = {"metric": metric, name: time, "labels": labels}
        if columns.learn is not None and cells[columns.learn]:
            learn = cells[columns.learn].strip().lower()
            if learn not in _TRUTHS:
                raise _RowFaultError(FaultReason.MALFORMED, f"learn is {learn[:40]!r}, not true or false")
            fields["learn"] = _TRUTHS[learn]
        return fields

    def _metric_of(self, cells: Sequence[str]) -> str:
        if self._columns.metric is not None and cells[self._columns.metric]:
            return cells[self._columns.metric]
        return self._metric or ""
