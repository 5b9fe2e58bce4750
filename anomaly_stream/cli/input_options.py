"""The options that say which files to read and how, the same for every verb that reads observations."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from anomaly_stream.cli.files import STANDARD_STREAM, open_input
from anomaly_stream.cli.progress import reading
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.intake.options import AUTO, CSV, PARQUET, InputBlock, IntakeOptions
from anomaly_stream.intake.reader import read_input, read_stream
from anomaly_stream.intake.sorting import sorted_by_time

_BLOCK_BYTES = 1 << 20
_FILES = "Without it, the metrics topics are read; standard input is not."


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The files that a command line names, and how to read them."""

    paths: Sequence[Path]
    options: IntakeOptions
    sort: bool

    @property
    def name(self) -> str:
        """The names of the files, without their folders."""
        return ", ".join(path.name for path in self.paths)

    @property
    def format_name(self) -> str:
        """The format of the records that reading returns."""
        return self.options.format if self.options.format in FORMATS else DEFAULT_FORMAT

    def of_metric(self, metric: str | None) -> "InputFiles":
        """The same, with this metric for rows that do not name one if the command line does not say."""
        return replace(self, options=replace(self.options, metric=self.options.metric or metric))

    def blocks(self) -> Iterator[InputBlock]:
        """The records of all files, one after the other, with a progress bar on a terminal.

        Raises:
            AnomalyStreamError: a file cannot be opened, or cannot be read as a whole.
        """
        blocks = self._unsorted()
        return sorted_by_time(blocks, self.format_name) if self.sort else blocks

    def _unsorted(self) -> Iterator[InputBlock]:
        for path in self.paths:
            with open_input(path) as stream, reading(path, _pieces(stream)) as pieces:
                if stream.seekable():
                    yield from read_stream(stream, str(path), self.options, pieces)
                else:
                    yield from read_input(pieces, str(path), self.options)


def takes_input(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of input files, in place of its parameter ``source`` of type ``InputFiles``."""
    own = [
        parameter for parameter in inspect.signature(verb).parameters.values() if parameter.name != "source"
    ]
    added = inspect.signature(_input_files).parameters

    @wraps(verb)
    def command(**given: Any) -> None:
        verb(source=_input_files(**{name: given.pop(name) for name in added}), **given)

    first, rest = own[:1], own[1:]
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*first, *added.values(), *rest)
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def takes_files(verb: Callable[..., None]) -> Callable[..., None]:
    """The same for a verb that reads the metrics topics if no file is named, and not standard input."""
    command = takes_input(verb)
    signature = inspect.signature(command)
    parameter = signature.parameters["input_files"]
    files = parameter.replace(annotation=Annotated[list[Path] | None, _input_option(_FILES)])
    parameters = [files if each.name == files.name else each for each in signature.parameters.values()]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def one_of(*known: str) -> Callable[[str], str]:
    """A check that an option has one of these values."""

    def checked(name: str) -> str:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}.")
        return name

    return checked


def _format(name: str) -> str:
    # At the call, because formats may be registered after the import.
    return one_of(AUTO, CSV, PARQUET, *FORMATS)(name)


def _decimal(mark: str | None) -> str | None:
    return mark if mark is None else one_of(".", ",")(mark)


def _input_option(default: str) -> Any:
    return typer.Option(
        "--input",
        metavar="FILE",
        help="Observations; may be given several times, and files are read one after the other. "
        f"{default} Files compressed with gzip, bzip2, xz or zstd are unpacked.",
    )


def _input_files(
    input_files: Annotated[
        list[Path] | None,
        _input_option("- is standard input, the default."),
    ] = None,
    sort: Annotated[
        bool, typer.Option("--sort", help="Sort the input by time first; it is then held in memory.")
    ] = False,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_format,
            help="Format of the input: json (or another format of metrics topics), a message per line; csv, "
            "with a header line; parquet; auto, which detects it from the first bytes.",
        ),
    ] = AUTO,
    metric: Annotated[
        str | None, typer.Option(help="The metric's name, for tables without a column of that name.")
    ] = None,
    timestamp_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The column of times, if it is not called timestamp, time, date..."
        ),
    ] = None,
    value_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of values, if it is not called value.")
    ] = None,
    label_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A column that is a label; may be given several times. Without it, all other columns are.",
        ),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Every numeric column is a metric; columns of text are labels.")
    ] = False,
    timestamp_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT", help="Format of timestamps, such as '%d/%m/%Y %H:%M'; '%s' for seconds."
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of timestamps that do not name one.")] = "UTC",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of text that is neither UTF-8 nor UTF-16: latin-1, cp1252...")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(callback=_decimal, help="Decimal mark, . or , if it cannot be guessed.")
    ] = None,
) -> InputFiles:
    """The input that these options name."""
    options = IntakeOptions(
        format=kind,
        metric=metric,
        timestamp_column=timestamp_column,
        value_column=value_column,
        label_columns=tuple(label_column or ()),
        wide=wide,
        timestamp_format=timestamp_format,
        timezone=timezone,
        encoding=encoding,
        decimal=decimal,
    )
    return InputFiles(input_files or [STANDARD_STREAM], options, sort)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """What is there to read, at most a block at a time, so that a pipe's lines are not held back."""
    read = getattr(stream, "read1", stream.read)
    while piece := read(_BLOCK_BYTES):
        yield piece
