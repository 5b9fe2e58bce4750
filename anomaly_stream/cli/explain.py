"""``anomaly-stream explain``: why one value was, or was not, an anomaly, and what would not be found."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.cli.blind_spots import print_blind_spots
from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.cli.input_options import InputFiles, takes_input
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.times import zone_named
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.ops.compilation import announced
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.point import PointCollector
from anomaly_stream.report.point_account import account_of
from anomaly_stream.report.point_text import text_of
from anomaly_stream.report.times import parse_time

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_SHOWN_NAMES = 10


def _time(text: str, timezone: str) -> float:
    try:
        return parse_time(text, zone_named(timezone))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
@takes_input
def explain(
    config: Annotated[list[Path], typer.Option(metavar="FILE", help="Configs; may be given several times.")],
    source: InputFiles,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Event time of the value: RFC 3339 (without a zone, in that of --timezone) or seconds since "
            "the epoch.",
        ),
    ] = None,
    blind_spots: Annotated[
        bool,
        typer.Option(
            "--blind-spots",
            help="In place of a value: how small a spike, level shift and drift opens an alert at 9 of "
            "10 places, and at half of them, by changing copies of each series in its recent past.",
        ),
    ] = False,
    within: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="With --blind-spots: the alert opens within this many values."),
    ] = 60,
    series: Annotated[
        str, typer.Option(metavar="TEXT", help="Only series whose name contains this, such as site=berlin.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per series and config.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Say why the value at a time was, or was not, an anomaly, and what would have been enough; or, with
    --blind-spots, how small a change the configs would find.

    The exit status is 1 if no config judged a value, or if --blind-spots could try no series.

    Example: anomaly-stream explain --config configs/flow.yaml --input flow.csv --at 2024-03-30T10:00:00Z
    """
    if (at is None) is not blind_spots:
        raise typer.BadParameter("give either --at TIME or --blind-spots")
    loaded = start_process(settings)
    configs = [parsed.config for _, parsed in parse_files(config, config_context(loaded))]
    if at is None:
        print_blind_spots(configs, loaded.severity.bands(), source, series, within, as_json=as_json)
        return
    moment = _time(at, source.options.timezone)
    run = OfflineRun(configs, loaded.severity.bands(), source.format_name)
    collector = PointCollector({each.id: each for each in configs}, moment, series)
    faulty_rows = 0
    with announced():
        for block in source.blocks():
            faulty_rows += len(block.faults)
            collector.add(run.judge(block.records))
    accounts = [account_of(point, moment) for point in collector.finish()]
    if not accounts:
        raise AnomalyStreamError(_nothing_found(source.name, series, list(collector.names), run, faulty_rows))
    if as_json:
        for account in accounts:
            typer.echo(msgspec.json.encode(account))
    else:
        typer.echo("\n\n".join(map(text_of, accounts)))


def _nothing_found(source: str, wanted: str, names: list[str], run: OfflineRun, faulty_rows: int) -> str:
    if not names:
        counts = run.counts
        return (
            f"{source}: no config judged a value: {plural(counts.observations, 'observation')}, of which"
            f" {counts.unmatched:,} match no config, and"
            f" {plural(faulty_rows + len(run.faults), 'faulty line')}"
        )
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = f" and {len(names) - _SHOWN_NAMES:,} more" if len(names) > _SHOWN_NAMES else ""
    return f"{source}: no series has {wanted!r} in its name; there are {shown}{more}"
