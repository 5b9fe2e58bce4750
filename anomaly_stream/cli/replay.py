"""``anomaly-stream replay``: an alert made anew from the records that caused it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from anomaly_stream.alerts.identity import alert_fingerprint, series_of_alert
from anomaly_stream.alerts.wording import clock
from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.past_alerts import find_alert
from anomaly_stream.kafka.past_baselines import baseline_at
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.alerts import Condition
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.ops.compilation import announced
from anomaly_stream.registry.parsing import Config, parse_config
from anomaly_stream.report.alert_replay import AlertReplay, ReplayedEvent
from anomaly_stream.report.commanded_run import CommandedRun
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.point import PointCollector
from anomaly_stream.report.point_account import Account, account_of
from anomaly_stream.report.point_text import text_of
from anomaly_stream.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_RESULTS = {
    "same": "the same, byte for byte",
    "differs": "DIFFERS",
    "missing": "NOT MADE",
    "not replayed": "not replayed: a change of the config caused it, and no record",
}


class Proof(msgspec.Struct, frozen=True):
    """The result of a replay."""

    alert_id: str
    config_id: str
    config_version: int
    topic: str
    partition: int
    first_offset: int
    """Of the records that were replayed. Kafka has deleted those before."""
    last_offset: int
    events: list[ReplayedEvent]
    account: Account | None
    """Why the value that opened the alert was an anomaly; null if the replay has no verdict on it."""

    @property
    def holds(self) -> bool:
        """Whether every event that a record caused is the same."""
        return all(event.result in ("same", "not replayed") for event in self.events)


_NOT_REPLAYED: dict[Condition, str] = {
    "no_data": "the alert is on missing values: no record of the series caused it, but the records of others"
    " and heartbeats of workers",
    "overflow": "the alert is on alerts that were withheld: the records of many series caused it",
}
"""Conditions that do not follow from the records of one series, with the reason."""


@app.command()
def replay(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID", help="`alert_id` of the alert.")],
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The config of that time (default: the version in force when the alert was published).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Prove an alert: make its events anew from the records on the metrics topic, and compare them.

    Reads the partition of the series from its start, judges it as a worker does, with the history that was
    loaded for the series and the commands that were given to it, and prints the evidence of each detector.
    The exit status is 1 if an event is not the same, byte for byte.

    Example: anomaly-stream replay 5f0c1e6a9b3d47f28c1a0b9d8e7f6a5b
    """
    loaded = start_process(settings)
    found = find_alert(loaded, alert_id)
    remade = AlertReplay(found.events)
    if (cause := _NOT_REPLAYED.get(remade.events[0].condition)) is not None:
        raise AnomalyStreamError(f"{cause}, so it is not replayed")
    chosen = _config(loaded, remade.events[0], found.at_ms, config)
    baselines = _baselines(loaded, remade.events[0], chosen, found.last_ms)
    commands = _commands(loaded, remade.events[0], chosen)
    proof = _proof(loaded, remade, found.fingerprint, chosen, baselines, commands)
    typer.echo(msgspec.json.encode(proof) if as_json else _text(proof))
    raise typer.Exit(0 if proof.holds else 1)


def _config(settings: Settings, event: AlertEvent, at_ms: int, file: Path | None) -> Config:
    """The config that made the alert whose first ``event`` was published at ``at_ms``."""
    context = config_context(settings)
    if file is not None:
        for _, parsed in parse_files([file], context):
            if parsed.config.id == event.config_id:
                return parsed.config
        raise AnomalyStreamError(f"{file} has no config {event.config_id}, which made the alert")
    record = read_configs(settings).records.get(event.config_id)
    if record is None:
        raise AnomalyStreamError(
            f"config {event.config_id}, which made the alert, is deleted: name its file with --config"
        )
    if record.updated_at_ms <= at_ms:
        return record.config
    for past in record.past:
        if past.updated_at_ms <= at_ms:
            return parse_config(past.config, context, past.version)
    raise AnomalyStreamError(
        f"the version of config {event.config_id} that made the alert is older than those kept: name its"
        " file with --config"
    )


def _baselines(settings: Settings, event: AlertEvent, config: Config, at_ms: int) -> BaselineSource | None:
    """What was loaded for the series of an alert by its last event; None: nothing can be known."""
    if isinstance(config, GroupConfig):
        return None
    series = series_of_alert(event, config.labels)
    return None if series is None else baseline_at(settings, config.id, series, at_ms)


def _commands(settings: Settings, event: AlertEvent, config: Config) -> list[SeriesCommand]:
    """What the series of an alert was told to do, at any time."""
    if isinstance(config, GroupConfig):
        return []
    series = series_of_alert(event, config.labels)
    given = read_configs(settings).commands.values()
    return [
        each for each in given if each.is_for_rows and (each.config_id, each.series) == (config.id, series)
    ]


def _proof(
    settings: Settings,
    remade: AlertReplay,
    fingerprint: str,
    config: Config,
    baselines: BaselineSource | None,
    commands: list[SeriesCommand],
) -> Proof:
    events = remade.events
    sources = [event.source for event in events if event.source is not None]
    if not sources:
        raise AnomalyStreamError("no record caused an event of this alert that is still on the topic")
    source, last = sources[0], max(each.offset for each in sources)
    run = OfflineRun(
        [config],
        settings.severity.bands(),
        TopicNames.of(settings).formats.get(source.topic, DEFAULT_FORMAT),
        settings.worker.max_ahead_s,
        baselines,
    )
    judge = run.judge_members if isinstance(config, GroupConfig) else run.judge
    commanded = CommandedRun(run, judge, commands)
    collector = PointCollector({config.id: config}, events[0].timestamp, "")
    bounds = ReadBounds(partition=source.partition, last=last)
    first = last
    with announced():
        for records in read_past(settings, [source.topic], bounds):
            first = min(first, int(records.offset[0]))
            for verdicts in commanded.judge(records):
                remade.add(verdicts)
                collector.add(verdicts)
    return Proof(
        events[0].alert_id,
        config.id,
        config.version,
        source.topic,
        source.partition,
        first,
        last,
        remade.finish(),
        _account(collector, fingerprint, events[0].timestamp),
    )


def _account(collector: PointCollector, fingerprint: str, at: float) -> Account | None:
    """The account of the value that opened the alert."""
    for point in collector.finish():
        if alert_fingerprint(point.config.id, point.series) == fingerprint:
            return account_of(point, at)
    return None


def _text(proof: Proof) -> str:
    lines = [
        f"alert {proof.alert_id} of config {proof.config_id}, version {proof.config_version}",
        f"{proof.topic}-{proof.partition}, offsets {proof.first_offset:,} to {proof.last_offset:,}",
    ]
    for event in proof.events:
        offset = "" if event.offset is None else f"  offset {event.offset:,}"
        what = f"  {event.sequence:>3} {event.status:<9} {clock(event.timestamp)}{offset}"
        lines.append(f"{what}: {_RESULTS[event.result]}")
        lines += [f"        {difference}" for difference in event.differences]
    if not proof.holds:
        lines += ["", *_causes(proof)]
    if proof.account is not None:
        lines += ["", text_of(proof.account)]
    return "\n".join(lines)


def _causes(proof: Proof) -> Iterator[str]:
    """What can make a replay differ."""
    if proof.first_offset > 0:
        yield (
            f"Kafka has no records before offset {proof.first_offset:,} any more, so the replay learned from"
            " fewer values than the worker."
        )
    yield (
        "A replay differs where the worker knew more than these records and this config: an earlier version"
        " of the config, a history that was loaded and then replaced, a command to the series that was given"
        " within a second of a value or repeated later, values that `configs unlearn` warned of as missing, a"
        " limit that was reached, or another release of anomaly-stream."
    )
