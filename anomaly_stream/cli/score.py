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
from anomaly_stream.cli.input_options import (
    Decimal,
    Encoding,
    InputFormat,
    LabelColumns,
    Metric,
    TimestampColumn,
    TimestampFormat,
    TimeZone,
    ValueColumn,
    Wide,
    intake_options,
    one_of,
)
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.progress import reading
from anomaly_stream.cli.verdict_lines import OfflineScorer
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.intake.options import AUTO, CSV, InputBlock, IntakeOptions
from anomaly_stream.intake.reader import read_input
from anomaly_stream.intake.sorting import sorted_by_time
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.ops.compilation import announced

_BLOCK_BYTES = 1 << 20
_SHOWN_FAULTS = 20
_STANDARD = Path("-")
_JSON = "json"


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
            callback=one_of(_JSON, CSV),
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
    kind: InputFormat = AUTO,
    metric: Metric = None,
    timestamp_column: TimestampColumn = None,
    value_column: ValueColumn = None,
    label_column: LabelColumns = None,
    wide: Wide = False,
    timestamp_format: TimestampFormat = None,
    timezone: TimeZone = "UTC",
    encoding: Encoding = None,
    decimal: Decimal = None,
    settings: SettingsFile = None,
) -> None:
    """Score observations from files: a line per anomaly, as a worker publishes it.

    Ends with counts on standard error, and with a warning where a config found nothing to do. Faulty lines
    are reported and passed over.

    Example: anomaly-stream score --config configs/flow.yaml --input flow.csv --metric flow --all
    """
    loaded = start_process(settings)
    parsed = parse_files(config, config_context(loaded))
    options = intake_options(
        kind,
        metric,
        timestamp_column,
        value_column,
        label_column,
        wide,
        timestamp_format,
        timezone,
        encoding,
        decimal,
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
