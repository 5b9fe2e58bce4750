"""``anomaly-stream series``: commands for one series."""

import getpass
from typing import Annotated

import typer

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import publish_commands, read_configs
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.registry.matching import matches
from anomaly_stream.registry.registry import Registry

app = typer.Typer(help="Commands for one series.", no_args_is_help=True, add_completion=False)


@app.callback()
def _series() -> None:
    """Keep ``reset`` a command of its own while it is the only one."""


@app.command()
def reset(
    metric: Annotated[str, typer.Option(help="The metric's name, not a glob.")],
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A label of the series; give every label that it has."),
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only under this config (default: under all that match the series)."),
    ] = None,
    settings: SettingsFile = None,
    author: Annotated[str, typer.Option(help="Author of the command (default: your user name).")] = "",
) -> None:
    """Let one series learn anew; its open alert is resolved.

    The worker that holds the series obeys within a second, or when it starts.

    Example: anomaly-stream series reset --metric flow --label site=berlin --config flow
    """
    loaded = start_process(settings)
    series = Series.of(metric, dict(map(label_of, label or ())))
    commands = [
        SeriesCommand(
            kind=CommandKind.RESET,
            config_id=config_id,
            series=series,
            author=author or getpass.getuser(),
            issued_at_ms=now_ms(),
        )
        for config_id in _watching(read_configs(loaded), series, config or ())
    ]
    publish_commands(loaded, commands)
    for command in commands:
        typer.echo(f"{series_name(series)}: asked to reset under config {command.config_id}")
    typer.echo(
        "If no worker has had a value of this very series, nothing happens; the log of a worker says "
        "`reset of` and the series when it obeys, and `No row here` where it has none."
    )


def label_of(text: str) -> tuple[str, str]:
    """Name and value of an option such as ``--label site=berlin``. Raises typer.BadParameter."""
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise typer.BadParameter(f"--label {text!r}: write NAME=VALUE, such as --label site=berlin")
    return name, value


def _watching(registry: Registry, series: Series, asked: list[str] | tuple[()]) -> list[str]:
    """The ids of the configs that watch ``series``, of those that were ``asked`` for, or of all.

    Raises:
        AnomalyStreamError: there is none, or one of those asked for does not watch the series.
    """
    configs = {each.id: each for each in registry.configs()}
    for config_id in asked:
        _check(registry, configs, series, config_id)
    found = [each for each in configs if each in asked or (not asked and matches(configs[each], series))]
    if not found:
        metrics = {each.metric for each in configs.values()}
        near = did_you_mean(series.metric, metrics) if metrics else ""
        raise AnomalyStreamError(f"no config in force watches {series_name(series)}{near}")
    return found


def _check(
    registry: Registry, configs: dict[str, AnomalyDetectionConfig], series: Series, config_id: str
) -> None:
    if config_id in configs:
        if not matches(configs[config_id], series):
            raise AnomalyStreamError(
                f"config {config_id!r} does not watch {series_name(series)}: its metric is "
                f"{configs[config_id].metric!r}; give every label of the series with --label"
            )
    elif config_id in registry.records:
        raise AnomalyStreamError(
            f"config {config_id!r} is a group: reset its members under their own configs"
        )
    else:
        near = did_you_mean(config_id, configs) if configs else ""
        raise AnomalyStreamError(f"no config {config_id!r} is in force{near}")
