"""Options that say how an input is read, for the verbs that read files."""

from collections.abc import Callable
from typing import Annotated

import typer

from anomaly_stream.formats.registry import FORMATS
from anomaly_stream.intake.options import AUTO, CSV, PARQUET, IntakeOptions


def one_of(*known: str) -> Callable[[str], str]:
    """A callback that accepts these texts only."""

    def checked(name: str) -> str:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}.")
        return name

    return checked


def _input_format(name: str) -> str:
    # At the call: formats may be registered after the import.
    return one_of(AUTO, CSV, PARQUET, *FORMATS)(name)


def _decimal(mark: str | None) -> str | None:
    return mark if mark is None else one_of(".", ",")(mark)


InputFormat = Annotated[
    str,
    typer.Option(
        "--format",
        callback=_input_format,
        help="Format of the input: json (or another format of metrics topics), a message per line; csv, "
        "with a header line; parquet; auto, which finds out by the first bytes.",
    ),
]
Metric = Annotated[
    str | None, typer.Option(help="The metric's name, for tables without a column of that name.")
]
TimestampColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The column of times, if it is not called timestamp, time, date..."),
]
ValueColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="The column of values, if it is not called value.")
]
LabelColumns = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A column that is a label; may be given several times. Without it, all other columns are.",
    ),
]
Wide = Annotated[
    bool, typer.Option("--wide", help="Every numeric column is a metric; columns of text are labels.")
]
TimestampFormat = Annotated[
    str | None,
    typer.Option(metavar="FORMAT", help="Format of text timestamps, such as '%d/%m/%Y %H:%M'."),
]
TimeZone = Annotated[str, typer.Option(help="Time zone of timestamps that do not name one.")]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of text that is neither UTF-8 nor UTF-16: latin-1, cp1252...")
]
Decimal = Annotated[
    str | None, typer.Option(callback=_decimal, help="Decimal mark, . or , if it cannot be guessed.")
]


def intake_options(
    kind: str,
    metric: str | None,
    timestamp_column: str | None,
    value_column: str | None,
    label_columns: list[str] | None,
    wide: bool,
    timestamp_format: str | None,
    timezone: str,
    encoding: str | None,
    decimal: str | None,
) -> IntakeOptions:
    """The values of these options, for the readers."""
    return IntakeOptions(
        format=kind,
        metric=metric,
        timestamp_column=timestamp_column,
        value_column=value_column,
        label_columns=tuple(label_columns or ()),
        wide=wide,
        timestamp_format=timestamp_format,
        timezone=timezone,
        encoding=encoding,
        decimal=decimal,
    )
