"""``anomaly-stream backfill``: the baselines of a config know the past from the first live value on."""

import getpass
import math
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from anomaly_stream.alerts.wording import plural
from anomaly_stream.apps.load_history import LoadProgress, LoadResult, config_to_load, load_history
from anomaly_stream.apps.own_job import OwnJob
from anomaly_stream.cli.files import STANDARD_STREAM, read_text
from anomaly_stream.cli.input_options import InputFiles, takes_input
from anomaly_stream.cli.moments import duration, forms, moment, span
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.ops.compilation import announced
from anomaly_stream.prometheus.range_query import RangeQuery, read_range
from anomaly_stream.report.history_run import FILE

_WILDCARDS = frozenset("*?[")

_SHOWN_FAULTS = 20

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@takes_input
def backfill(
    config_id: Annotated[str, typer.Argument(metavar="CONFIG_ID", help="Id of a config in force.")],
    source: InputFiles,
    prometheus: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A Prometheus server to read from, such as http://prometheus:9090."),
    ] = None,
    query: Annotated[
        str | None, typer.Option(metavar="PROMQL", help="The range query for --prometheus.")
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help=f"Start of the range query: {forms('30d')}.")
    ] = "30d",
    until: Annotated[
        str, typer.Option(metavar="TIME", help=f"End of the range query: {forms('1h')}.")
    ] = "0s",
    step: Annotated[
        str,
        typer.Option(metavar="DURATION", help="Step of the range query: the interval of the live values."),
    ] = "1m",
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with a bearer token for --prometheus.")
    ] = None,
    from_time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help=f"Read the metrics topics from this Kafka timestamp: {forms('7d')}."
        ),
    ] = None,
    from_offset: Annotated[
        int | None, typer.Option(min=0, help="Read the metrics topics from this offset of each partition.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Load the history of a config's series: workers take the baselines within a second.

    A series takes its baseline at its first value after the end of its history, so end the history as late as
    you can. A load takes effect as a whole or not at all.

    The history comes from files, from a Prometheus server, or from the metrics topics themselves. `jobs show`
    reads the job whose id is printed.

    Example: anomaly-stream backfill flow --input flow.csv --metric flow
    """
    chosen = [
        name
        for name, is_given in (
            ("--input", source.paths != [STANDARD_STREAM]),
            ("--prometheus", prometheus is not None),
            ("--from-time", from_time is not None),
            ("--from-offset", from_offset is not None),
        )
        if is_given
    ]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of {' and '.join(chosen)}")
    loaded = start_process(settings)
    config = config_to_load(loaded, config_id)
    history = source.of_metric(metric_of(config))
    formats = {FILE: history.format_name}
    if prometheus is not None:
        metric = source.options.metric
        asked = _range_query(prometheus, query, since, until, step, metric, token_file)
        typer.echo(f"{config_id}: reads {prometheus} {span(asked.start, asked.end)}", err=True)
        blocks = read_range(asked)
    elif from_time is not None or from_offset is not None:
        names = TopicNames.of(loaded)
        formats = dict(names.formats)
        first = None if from_time is None else moment(from_time, "--from-time")
        if first is not None:
            typer.echo(f"{config_id}: reads the metrics topics {span(first, math.inf)}", err=True)
        bounds = ReadBounds(since_ms=None if first is None else int(first * 1000), offset=from_offset or 0)
        blocks = map(InputBlock, read_past(loaded, names.metrics, bounds))
    else:
        blocks = history.blocks()
    job = OwnJob.begin(loaded, config, getpass.getuser())
    with announced(), LoadProgressLine() as progress:
        result = load_history(loaded, config, blocks, formats, on_progress=progress.show)
    _report(config_id, result, [*result.warnings, *job.keep(result.load_id, result._asdict())])


def _range_query(
    url: str,
    query: str | None,
    since: str,
    until: str,
    step: str,
    metric: str | None,
    token_file: Path | None,
) -> RangeQuery:
    if query is None:
        raise typer.BadParameter("give the range query with --query")
    start, end = moment(since, "--since"), moment(until, "--until")
    if start >= end:
        raise typer.BadParameter("--since must be before --until")
    token = None if token_file is None else read_text(token_file).strip()
    return RangeQuery(url, query, start, end, duration(step, "--step"), metric, token)


def metric_of(config: AnomalyDetectionConfig) -> str | None:
    """The metric of rows that do not name one, if the config watches one metric only."""
    return None if _WILDCARDS & set(config.metric) else config.metric


class LoadProgressLine:
    """One line on a terminal, and nothing elsewhere."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("Reading the history")

    def __enter__(self) -> "LoadProgressLine":
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


def _report(config_id: str, result: LoadResult, warnings: list[str]) -> None:
    for fault in result.faults[:_SHOWN_FAULTS]:
        typer.echo(fault, err=True)
    if result.faulty > _SHOWN_FAULTS:
        typer.echo(plural(result.faulty - _SHOWN_FAULTS, "more faulty line"), err=True)
    counts = {**result.statuses, "faulty": result.faulty}
    typer.echo(", ".join(f"{name} {count:,}" for name, count in counts.items()), err=True)
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    if result.faulty and not result.observations:
        raise AnomalyStreamError("the history holds no observation")
    typer.echo(
        f"{config_id}: {plural(result.baselines, 'baseline')} of "
        f"{plural(result.observations, 'observation')} loaded (job {result.load_id})"
    )
