"""``anomaly-stream score``: the same engine without Kafka."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.cli.configs import parse_files
from anomaly_stream.cli.csv_output import csv_verdicts
from anomaly_stream.cli.files import open_input, open_output
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.progress import reading
from anomaly_stream.cli.verdict_lines import OfflineScorer
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.intake.options import AUTO, CSV, PARQUET, InputBlock, IntakeOptions
from anomaly_stream.intake.reader import read_input
from anomaly_stream.intake.sorting import sorted_by_time
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.ops.compilation import announced

_BLOCK_BYTES = 1 << 20
_SHOWN_FAULTS = 20
_STANDARD = Path("-")
_JSON = "json"


def _one_of(*known: str) -> Callable[[str], str]:
    def checked(name: str) -> str:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}.")
        return name

    return checked


def _input_format(name: str) -> str:
    return _one_of(AUTO, CSV, PARQUET, *FORMATS)(
        name
    )  # at the call: formats may be registered after the import


def _decimal(mark: str | None) -> str | None:
    return mark if mark is None else _one_of(".", ",")(mark)


app = typer.Typer(add_completion=False)


@app.command()
def score(
    config: Annotated[list[Path], typer.Option(metavar="FILE", help="Configs; may be given several times.")],
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Observations; may be given several times, and files are read one behind the other. "
            "- is standard input, the default. Files compressed with gzip, bzip2, xz or zstd are unpacked.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option(metavar="FILE", help="Verdicts; - is standard output.")] = _STANDARD,
    output_format: Annotated[
        str,
        typer.Option(
            callback=_one_of(_JSON, CSV),
            help="Format of the verdicts: json, a line each; csv, with a header, written at the end.",
        ),
    ] = _JSON,
    everything: Annotated[
        bool, typer.Option("--all", help="A line per observation, not only per anomaly.")
    ] = False,
    alerts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Alert events, as on the alerts topic.")
    ] = None,
    sort: Annotated[
        bool, typer.Option("--sort", help="Sort the input by time first; it is then held in memory.")
    ] = False,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_input_format,
            help="Format of the input: json (or another format of metrics topics), a message per line; csv, "
            "with a header line; parquet; auto, which finds out by the first bytes.",
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
        typer.Option(metavar="FORMAT", help="Format of text timestamps, such as '%d/%m/%Y %H:%M'."),
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of timestamps that do not name one.")] = "UTC",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of text that is neither UTF-8 nor UTF-16: latin-1, cp1252...")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(callback=_decimal, help="Decimal mark, . or , if it cannot be guessed.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Score observations from files: a line per anomaly, as a worker publishes it.

    Ends with counts on standard error, and with a warning where a config found nothing to do. Faulty lines
    are reported and passed over.

    Example: anomaly-stream score --config configs/flow.yaml --input flow.csv --metric flow --all
    """
    loaded = start_process(settings)
    parsed = parse_files(config, config_context(loaded))
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
    format_name = kind if kind in FORMATS else DEFAULT_FORMAT
    scorer = OfflineScorer(
        [each.config for _, each in parsed],
        loaded.severity.bands(),
        everything,
        format_name,
        message_times=output_format == CSV,
    )
    with announced(), ExitStack() as stack:
        target = stack.enter_context(open_output(output))
        as_csv = stack.enter_context(csv_verdicts(target)) if output_format == CSV else None
        write: Callable[[list[bytes]], None] = target.writelines if as_csv is None else as_csv.write
        events = stack.enter_context(open_output(alerts)) if alerts is not None else None
        blocks = read_files(sources or [_STANDARD], options)
        for block in sorted_by_time(blocks, format_name) if sort else blocks:
            lines, event_lines = scorer.score_block(block)
            write(lines)
            target.flush()
            if events is not None:
                events.writelines(event_lines)
    _report(scorer, sort)


def read_files(paths: Sequence[Path], options: IntakeOptions) -> Iterator[InputBlock]:
    """The records of all files, one behind the other. Raises AnomalyStreamError if one cannot be read."""
    for path in paths:
        with open_input(path) as stream, reading(path, _blocks(stream)) as blocks:
            yield from read_input(blocks, str(path), options)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """What is there to read, at most a block at a time, so that a pipe's lines are not held back."""
    read = getattr(stream, "read1", stream.read)
    while block := read(_BLOCK_BYTES):
        yield block


def _report(scorer: OfflineScorer, is_sorted: bool) -> None:
    for fault in scorer.faults[:_SHOWN_FAULTS]:
        typer.echo(str(fault), err=True)
    if len(scorer.faults) > _SHOWN_FAULTS:
        typer.echo(plural(len(scorer.faults) - _SHOWN_FAULTS, "more faulty line"), err=True)
    typer.echo(scorer.summary(), err=True)
    for warning in scorer.warnings(is_sorted):
        typer.echo(f"warning: {warning}", err=True)
    if scorer.faults and not scorer.observations:
        raise AnomalyStreamError(f"{scorer.faults[0].name}: holds no observation")
