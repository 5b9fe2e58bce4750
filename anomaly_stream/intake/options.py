"""What the user says about an input, and the form in which every reader returns it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.model import FaultReason, RecordColumns

AUTO, CSV, PARQUET = "auto", "csv", "parquet"


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How to read an input. The defaults guess from the names of the columns and from their first cells."""

    format: str = AUTO
    """``auto``, ``csv``, ``parquet``, or a format of metrics topics."""
    metric: str | None = None
    """The metric of rows that do not name one."""
    timestamp_column: str | None = None
    value_column: str | None = None
    label_columns: tuple[str, ...] = ()
    """The columns that are labels; empty: all columns without another meaning."""
    wide: bool = False
    """Every numeric column is a metric of its own."""
    timestamp_format: str | None = None
    """Format of text timestamps, as in ``datetime.strptime``."""
    timezone: str = "UTC"
    """Time zone of timestamps without one, by its name in the time zone database."""
    encoding: str | None = None
    decimal: str | None = None
    """The decimal mark, ``.`` or ``,``; None: found in the first values."""
    spelling: OptionSpelling = COMMAND_LINE
    """How messages name these options."""

    @property
    def describes_rows(self) -> bool:
        """Whether an option says how to read a row, so that even standard messages are read as rows."""
        named = (self.timestamp_column, self.value_column, self.timestamp_format, self.decimal)
        return self.wide or bool(self.label_columns) or any(each is not None for each in named)


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line of an input, or a part of it, that is no observation."""

    name: str
    """The input's name."""
    line: int
    """From 0."""
    reason: FaultReason
    detail: str

    def __str__(self) -> str:
        return f"{self.name}:{self.line + 1}: {self.reason.value}: {self.detail}"


@dataclass(frozen=True, slots=True)
class InputBlock:
    """A part of an input."""

    records: RecordColumns
    """One message for each observation; the offset is the line (from 0), or the row of a Parquet file."""
    written_times: Sequence[str] | None = None
    """By record, the timestamp as it was written; None: only the message has it."""
    names: Sequence[str] | None = None
    """By record, the input it came from; None: all came from ``records.topic``."""
    faults: list[LineFault] = field(default_factory=list)
    """Rows that cannot be read."""
