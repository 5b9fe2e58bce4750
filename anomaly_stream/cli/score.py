"""``anomaly-stream score``: the verdicts on files, without Kafka."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.cli.csv_output import csv_verdicts
from anomaly_stream.cli.fault_lines import fault_lines
from anomaly_stream.cli.files import STANDARD_STREAM, open_output
from anomaly_stream.cli.input_options import InputFiles, one_of, takes_input
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.verdict_lines import OfflineScorer
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import CSV
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.ops.compilation import announced

_JSON = "json"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@takes_input
def score(
    config: Annotated[list[Path], typer.Option(metavar="FILE", help="Configs; may be given several times.")],
    source: InputFiles,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="Verdicts; - is standard output.")
    ] = STANDARD_STREAM,
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
    settings: SettingsFile = None,
) -> None:
    """Score observations from files: a line per anomaly, as a worker publishes it.

    Ends with counts on standard error, and with a warning where a config found nothing to do. Faulty lines
    are reported and skipped.

    Example: anomaly-stream score --config configs/flow.yaml --input flow.csv --metric flow --all
    """
    loaded = start_process(settings)
    parsed = parse_files(config, config_context(loaded))
    scorer = OfflineScorer(
        [each.config for _, each in parsed],
        loaded.severity.bands(),
        everything,
        source.format_name,
        all_times=output_format == CSV,
    )
    with announced(), ExitStack() as stack:
        target = stack.enter_context(open_output(output))
        as_csv = stack.enter_context(csv_verdicts(target)) if output_format == CSV else None
        write: Callable[[list[bytes]], None] = target.writelines if as_csv is None else as_csv.write
        events = stack.enter_context(open_output(alerts)) if alerts is not None else None
        for block in source.blocks():
            lines, event_lines = scorer.score_block(block)
            write(lines)
            target.flush()
            if events is not None:
                events.writelines(event_lines)
    _report(scorer, source.sort)


def _report(scorer: OfflineScorer, is_sorted: bool) -> None:
    for line in fault_lines(scorer.faults):
        typer.echo(line, err=True)
    typer.echo(scorer.summary(), err=True)
    for warning in scorer.warnings(is_sorted):
        typer.echo(f"warning: {warning}", err=True)
    if scorer.faults and not scorer.observations:
        raise AnomalyStreamError(f"{scorer.faults[0].name}: holds no observation")
