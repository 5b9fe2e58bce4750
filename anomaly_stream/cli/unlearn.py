"""``anomaly-stream configs unlearn``: values that leave the baselines of a config again."""

import getpass
import math
from typing import Annotated

import typer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.apps.load_history import config_to_load
from anomaly_stream.apps.own_job import OwnJob
from anomaly_stream.apps.unlearn import Past
from anomaly_stream.apps.unlearn import unlearn as remove
from anomaly_stream.apps.unlearn_target import Target, target_of_alert
from anomaly_stream.cli.backfill import LoadProgressLine, metric_of
from anomaly_stream.cli.config_options import Author
from anomaly_stream.cli.files import STANDARD_STREAM
from anomaly_stream.cli.input_options import InputFiles, takes_files
from anomaly_stream.cli.moments import forms, moment, span
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.series import label_of
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.time_range import range_of
from anomaly_stream.ops.compilation import announced
from anomaly_stream.registry.matching import matches
from anomaly_stream.settings import Settings


@takes_files
def unlearn(
    source: InputFiles,
    config_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id of a config in force, without an alert.")
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help=f"First event time that leaves: {forms('2h')} (default: none)."
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="TIME", help=f"Last event time that leaves: {forms('1h')} (default: none)."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A label of the only series that is affected; give every label that it has (default: every "
            "series of the config that has a value in the range).",
        ),
    ] = None,
    alert: Annotated[
        str | None,
        typer.Option(
            metavar="ALERT_ID", help="Series and range of this resolved alert: first to last anomaly."
        ),
    ] = None,
    before_alert: Annotated[
        str | None,
        typer.Option(
            metavar="ALERT_ID",
            help="Series of this alert, and all values before it: what it reported is the new normal.",
        ),
    ] = None,
    learn_from: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help=f"Learn the metrics topics again from this Kafka timestamp: {forms('30d')}. Needed without "
            "--input, unless the range has no --from.",
        ),
    ] = None,
    settings: SettingsFile = None,
    author: Author = "",
) -> None:
    """Remove values from baselines: those of an incident, or all before a change.

    The affected series are learned again without the values of the range, and workers take the result within
    a second. What is learned again is the metrics topics, or a file and then the topics. `jobs show` reads
    the job whose id is printed.

    Example: anomaly-stream configs unlearn --alert 5f0c1e6a9b3d47f28c1a0b9d8e7f6a5b --learn-from 30d
    """
    loaded = start_process(settings)
    target = _target(loaded, source, config_id, begin, end, label or [], alert, before_alert)
    past = _past(loaded, source, target, learn_from)
    topics = "" if past.since is None else f", with the metrics topics {span(past.since, math.inf)}"
    typer.echo(
        f"{target.config.id}: learns again without the values {span(*target.left_out)}{topics}", err=True
    )
    job = OwnJob.begin(loaded, target.config, author or getpass.getuser())
    with announced(), LoadProgressLine() as progress:
        result = remove(loaded, target, past, job.author, on_progress=progress.show)
    for warning in (*result.warnings, *job.keep(result.load_id, result._asdict())):
        typer.echo(f"warning: {warning}", err=True)
    lost = "reset, with what feedback taught"
    reset = (
        f", {plural(result.reset, 'series', 'series')} without other values {lost}" if result.reset else ""
    )
    typer.echo(
        f"{target.config.id}: {plural(result.baselines, 'baseline')} learned again without "
        f"{plural(result.removed, 'value')}{reset} (job {result.load_id})"
    )


def _target(
    settings: Settings,
    source: InputFiles,
    config_id: str | None,
    begin: str | None,
    end: str | None,
    labels: list[str],
    alert: str | None,
    before_alert: str | None,
) -> Target:
    of_alert = alert or before_alert
    if of_alert is not None:
        if (config_id, begin, end, labels) != (None, None, None, []) or (alert and before_alert):
            raise typer.BadParameter("an alert names config, series and range: give nothing else of them")
        return target_of_alert(settings, of_alert, before=alert is None)
    if config_id is None or (begin is None and end is None):
        raise typer.BadParameter("give a config with --from, --to or both; or --alert; or --before-alert")
    left_out = range_of(
        None if begin is None else moment(begin, "--from"),
        None if end is None else moment(end, "--to"),
    )
    if left_out.begin > left_out.end:
        raise typer.BadParameter("--from must not be after --to")
    config = config_to_load(settings, config_id)
    return Target(config, _series(config, source.options.metric, labels), left_out)


def _series(config: AnomalyDetectionConfig, metric: str | None, labels: list[str]) -> Series | None:
    """The only series that is affected; None: none is named."""
    if not labels and metric is None:
        return None
    name = metric or metric_of(config)
    if name is None:
        raise typer.BadParameter(f"config {config.id} watches several metrics: name one with --metric")
    series = Series.of(name, dict(map(label_of, labels)))
    if not matches(config, series):
        raise AnomalyStreamError(f"config {config.id!r} does not watch this series: give every label of it")
    return series


def _past(settings: Settings, source: InputFiles, target: Target, learn_from: str | None) -> Past:
    has_file = source.paths != [STANDARD_STREAM]
    if has_file and learn_from is not None:
        raise typer.BadParameter("give --input or --learn-from: the topics are read from the end of the file")
    if has_file:
        history = source.of_metric(metric_of(target.config))
        return Past(blocks=history.blocks(), format_name=history.format_name)
    if learn_from is not None:
        return Past(moment(learn_from, "--learn-from"))
    since = target.usual_start(settings)
    if since is None:
        raise typer.BadParameter(
            "say what to learn again: --learn-from TIME reads the metrics topics, --input a file"
        )
    return Past(since)
