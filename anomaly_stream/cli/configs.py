"""``anomaly-stream configs``: what is watched, validated, applied, listed and deleted."""

import getpass
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from anomaly_stream.cli.files import read_text
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError, ConfigError, FieldFault
from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.config_writer import Deletion, config_writer
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.registry.parsing import ParsedConfig, parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.validation_context import ValidationContext

app = typer.Typer(
    help="Validate, apply, list and delete configs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="YAML or JSON files; - reads standard input.")
]
Author = Annotated[str, typer.Option(help="Author of the change (default: your user name).")]


@app.command()
def validate(files: Files, settings: SettingsFile = None) -> None:
    """List every fault in the configs of each file; needs no Kafka.

    Example: anomaly-stream configs validate configs/flow.yaml
    """
    for name, parsed in parse_files(files, config_context(start_process(settings))):
        typer.echo(f"{name}: {parsed.config.id} is valid")


@app.command()
def apply(
    files: Files,
    settings: SettingsFile = None,
    author: Author = "",
) -> None:
    """Apply configs; running workers follow within a second. Nothing is applied if one has a fault.

    Example: anomaly-stream configs apply configs/flow.yaml configs/latency.yaml
    """
    loaded = start_process(settings)
    parsed = [config for _, config in parse_files(files, config_context(loaded))]
    changed: dict[str, int] = {}

    def decide(registry: Registry) -> list[ConfigRecord]:
        changes = _changes(registry, parsed, author or getpass.getuser())
        changed.clear()
        changed.update((record.config.id, record.version) for record in changes)
        return changes

    with config_writer(loaded) as writer:
        writer.write(decide)
    for config_id in (config.config.id for config in parsed):
        version = changed.get(config_id)
        done = "updated" if version != 1 else "created"
        typer.echo(f"{config_id}: {f'{done}, version {version}' if version is not None else 'unchanged'}")


@app.command("list")
def list_configs(
    settings: SettingsFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line per config, as it was written.")
    ] = False,
) -> None:
    """List the configs in force.

    Example: anomaly-stream configs list --json
    """
    registry = read_configs(start_process(settings))
    for config_id, error in registry.refused.items():
        typer.echo(
            f"anomaly-stream: config {config_id!r} on the topic is refused: {error}: apply a corrected "
            f"config, or run `anomaly-stream configs delete {config_id}`",
            err=True,
        )
    if as_json:
        for record in registry:
            typer.echo(orjson.dumps(_summary(record)))
        return
    if not len(registry):
        typer.echo("No config is in force: write one and run `anomaly-stream configs apply FILE`.")
        return
    table = Table(
        "id", "metric", "match", "owner", "version", "author", "updated", box=None, header_style="bold"
    )
    for record in registry:
        table.add_row(*_row(record))
    Console().print(table)


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of configs in force.")],
    settings: SettingsFile = None,
    author: Author = "",
) -> None:
    """Delete configs, with their baselines and open alerts.

    Example: anomaly-stream configs delete flow
    """
    loaded = start_process(settings)

    def decide(registry: Registry) -> list[Deletion]:
        known = {*registry.records, *registry.refused}
        unknown = [config_id for config_id in ids if config_id not in known]
        if unknown:
            lines = (
                f"no config {config_id!r} is in force{_suggestion(config_id, known)}" for config_id in unknown
            )
            raise AnomalyStreamError("\n".join(lines))
        return [Deletion(config_id, author or getpass.getuser()) for config_id in ids]

    with config_writer(loaded) as writer:
        writer.write(decide)
    for config_id in ids:
        typer.echo(f"{config_id}: deleted")


def parse_files(files: Sequence[Path], context: ValidationContext) -> list[tuple[str, ParsedConfig]]:
    """The configs of all files with their file's name; their warnings go to standard error.

    Raises:
        ConfigError: with the faults of all files.
    """
    parsed: list[tuple[str, ParsedConfig]] = []
    faults: list[FieldFault] = []
    for path in files:
        try:
            parsed += [(str(path), config) for config in parse_document(read_text(path), str(path), context)]
        except ConfigError as error:
            faults += error.faults
    faults += _shared_ids(parsed)
    if faults:
        raise ConfigError(tuple(faults))
    for name, config in parsed:
        for warning in config.warnings:
            typer.echo(f"anomaly-stream: warning: {name}: {warning}", err=True)
    return parsed


def _shared_ids(parsed: Sequence[tuple[str, ParsedConfig]]) -> Iterator[FieldFault]:
    taken: dict[str, str] = {}
    for name, config in parsed:
        config_id = config.config.id
        if config_id in taken:
            yield FieldFault(f"{name}: id", f"{config_id!r} is the id of a config in {taken[config_id]} too")
        taken.setdefault(config_id, name)


def _changes(registry: Registry, parsed: Sequence[ParsedConfig], author: str) -> list[ConfigRecord]:
    now_ms = int(time.time() * 1000)
    revisions = (registry.revise(config, author, now_ms) for config in parsed)
    return [record for record in revisions if record is not None]


def _summary(record: ConfigRecord) -> dict[str, object]:
    return {
        "version": record.version,
        "author": record.author,
        "updated_at_ms": record.updated_at_ms,
        "config": record.document,
    }


def _row(record: ConfigRecord) -> tuple[str, ...]:
    config = record.config
    if isinstance(config, GroupConfig):
        metric = ", ".join(member.metric for member in config.members)
        match = f"by {', '.join(config.by)}" if config.by else ""
    else:
        metric = config.metric
        match = ", ".join(f"{matcher.name}{matcher.op}{matcher.value}" for matcher in config.matchers)
    updated = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(record.updated_at_ms / 1000))
    return config.id, metric, match, config.owner, str(record.version), record.author, updated


def _suggestion(config_id: str, known: Collection[str]) -> str:
    return did_you_mean(config_id, known) if known else ""
