"""``anomaly-stream report``: a page of charts of a file."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.cli.files import open_output, read_text
from anomaly_stream.cli.input_options import InputFiles, takes_input
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.times import zone_named
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.ops.compilation import announced
from anomaly_stream.report.labels import parse_labels
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.page import Report, Side, render
from anomaly_stream.report.sections import side_warnings
from anomaly_stream.report.tracks import TrackCollector

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _one_or_two(files: list[Path]) -> list[Path]:
    if len(files) > 2:
        raise typer.BadParameter(
            "at most two can be compared; a file may hold several configs, separated by lines of ---"
        )
    return files


@app.command()
@takes_input
def report(
    config: Annotated[
        list[Path],
        typer.Option(metavar="FILE", callback=_one_or_two, help="Configs; given twice, both are compared."),
    ],
    source: InputFiles,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page.")] = Path(
        "report.html"
    ),
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of known anomalies: start,end or timestamp,label; further columns (metric, labels) name"
            " their series.",
        ),
    ] = None,
    charts: Annotated[
        int, typer.Option(min=1, help="The most series to draw; the noisiest come first.")
    ] = 200,
    settings: SettingsFile = None,
) -> None:
    """Draw what configs make of a file: values, expected values, normal ranges, scores, alerts.

    The page is one HTML file that needs no network.

    Example: anomaly-stream report --config configs/flow.yaml --input flow.csv -o report.html
    """
    loaded = start_process(settings)
    context = config_context(loaded)
    zone = zone_named(source.options.timezone)
    known = parse_labels(read_text(labels), str(labels), zone) if labels is not None else None
    runs = [
        OfflineRun(
            [parsed.config for _, parsed in parse_files([path], context)],
            loaded.severity.bands(),
            source.format_name,
        )
        for path in config
    ]
    collectors = [TrackCollector() for _ in runs]
    faulty_rows = 0
    with announced():
        for block in source.blocks():
            faulty_rows += len(block.faults)
            for run, collector in zip(runs, collectors, strict=True):
                collector.add(run.judge(block.records))
    sides = [
        Side(path.name, run.counts, collector.finish())
        for path, run, collector in zip(config, runs, collectors, strict=True)
    ]
    if not runs[0].counts.observations:
        raise AnomalyStreamError(f"{source.name}: holds no observation")
    page = render(Report(source.name, sides, known, charts, faulty_rows + len(runs[0].faults)))
    with open_output(output) as stream:
        stream.write(page.encode())
    for number, side in enumerate(sides):
        alerts = sum(len(track.alerts) for track in side.tracks)
        anomalies = sum(track.noise[1] for track in side.tracks)
        typer.echo(
            f"{config[number]}: {plural(side.counts.observations, 'observation')}"
            f" of {len({track.series for track in side.tracks}):,} series:"
            f" {plural(anomalies, 'anomaly', 'anomalies')}, {plural(alerts, 'alert')}",
            err=True,
        )
        for warning in side_warnings(side.counts, side.tracks):
            typer.echo(f"warning: {config[number]}: {warning}", err=True)
    if str(output) != "-":
        typer.echo(f"{output}: open it in a browser", err=True)
