"""``anomaly-stream backfill``: the baselines of a config know the past from the first live value on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from anomaly_stream.alerts.wording import plural
from anomaly_stream.apps.load_history import LoadProgress, LoadResult, config_to_load, load_history
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
)
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.score import read_files
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.intake.options import AUTO, InputBlock, IntakeOptions
from anomaly_stream.intake.sorting import sorted_by_time
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.ops.compilation import announced
from anomaly_stream.report.history_run import FILE

_SHOWN_FAULTS = 20
_WILDCARDS = frozenset("*?[")

app = typer.Typer(add_completion=False)


@app.command()
def backfill(
    config_id: Annotated[str, typer.Argument(metavar="CONFIG_ID", help="Id of a config in force.")],
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Observations; may be given several times, and files are read one behind the other. "
            "- is standard input.",
        ),
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
    """Load the history of a config's series: workers take the baselines within a second.

    A series takes its baseline at its first value later than its history; so end the history as late as you
    can. A load takes effect as a whole or not at all.

    Example: anomaly-stream backfill flow --input flow.csv --metric flow
    """
    if not sources:
        raise typer.BadParameter("give a history with --input")
    loaded = start_process(settings)
    config = config_to_load(loaded, config_id)
    options = intake_options(
        kind,
        metric or _metric_of(config),
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
    with announced(), _Progress() as progress:
        blocks = _blocks(sources, options, sort, format_name)
        result = load_history(loaded, config, blocks, {FILE: format_name}, on_progress=progress.show)
    _report(config_id, result)


def _metric_of(config: AnomalyDetectionConfig) -> str | None:
    """The metric of rows that do not name one, if the config watches one metric only."""
    return None if _WILDCARDS & set(config.metric) else config.metric


def _blocks(
    sources: Sequence[Path], options: IntakeOptions, sort: bool, format_name: str
) -> Iterator[InputBlock]:
    blocks = read_files(sources, options)
    return sorted_by_time(blocks, format_name) if sort else blocks


class _Progress:
    """One line on a terminal, and nothing elsewhere."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("Reading the history")

    def __enter__(self) -> "_Progress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def show(self, progress: LoadProgress) -> None:
        """Show how far the load has come."""
        self._status.update(
            f"{plural(progress.observations, 'observation')} of {progress.series:,} series, "
            f"{plural(progress.faulty, 'faulty line')}"
        )


def _report(config_id: str, result: LoadResult) -> None:
    for fault in result.faults[:_SHOWN_FAULTS]:
        typer.echo(fault, err=True)
    if result.faulty > _SHOWN_FAULTS:
        typer.echo(plural(result.faulty - _SHOWN_FAULTS, "more faulty line"), err=True)
    counts = {**result.statuses, "faulty": result.faulty}
    typer.echo(", ".join(f"{name} {count:,}" for name, count in counts.items()), err=True)
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if result.faulty and not result.observations:
        raise AnomalyStreamError("the history holds no observation")
    typer.echo(
        f"{config_id}: {plural(result.baselines, 'baseline')} of "
        f"{plural(result.observations, 'observation')} loaded (load {result.load_id})"
    )
