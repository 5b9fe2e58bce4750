"""``anomaly-stream backfill``: the baselines of a config know the past from the first live value on."""

from typing import Annotated

import typer
from rich.console import Console

from anomaly_stream.alerts.wording import plural
from anomaly_stream.apps.load_history import LoadProgress, LoadResult, config_to_load, load_history
from anomaly_stream.cli.input_options import InputFiles, takes_input
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.ops.compilation import announced
from anomaly_stream.report.history_run import FILE

_SHOWN_FAULTS = 20
_WILDCARDS = frozenset("*?[")

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@takes_input
def backfill(
    config_id: Annotated[str, typer.Argument(metavar="CONFIG_ID", help="Id of a config in force.")],
    source: InputFiles,
    settings: SettingsFile = None,
) -> None:
    """Load the history of a config's series: workers take the baselines within a second.

    A series takes its baseline at its first value later than its history; so end the history as late as you
    can. A load takes effect as a whole or not at all.

    Example: anomaly-stream backfill flow --input flow.csv --metric flow
    """
    loaded = start_process(settings)
    config = config_to_load(loaded, config_id)
    history = source.of_metric(_metric_of(config))
    with announced(), _Progress() as progress:
        formats = {FILE: history.format_name}
        result = load_history(loaded, config, history.blocks(), formats, on_progress=progress.show)
    _report(config_id, result)


def _metric_of(config: AnomalyDetectionConfig) -> str | None:
    """The metric of rows that do not name one, if the config watches one metric only."""
    return None if _WILDCARDS & set(config.metric) else config.metric


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
