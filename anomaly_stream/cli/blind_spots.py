"""``anomaly-stream explain --blind-spots``: how small a change the configs would find in each series."""

from collections.abc import Sequence
from itertools import islice

import msgspec
import typer

from anomaly_stream.alerts.wording import plural, series_name
from anomaly_stream.cli.input_options import InputFiles
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.ops.compilation import announced
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.blind_spots.pasts import PastCollector
from anomaly_stream.report.blind_spots.search import blind_spots
from anomaly_stream.report.blind_spots.text import text_of

MOST = 50
"""Series that are tried, once for each config: a search takes about two seconds."""


def print_blind_spots(
    configs: Sequence[Config],
    bands: SeverityBands,
    source: InputFiles,
    wanted: str,
    within: int,
    *,
    as_json: bool,
) -> None:
    """Search and print, one series after the other; how many, and what is left out, goes to standard error.

    Raises:
        AnomalyStreamError: no config of single metrics watches a wanted series of the input, or none of these
            series could be tried.
    """
    single = [config for config in configs if isinstance(config, AnomalyDetectionConfig)]
    collector = PastCollector(source.format_name)
    with announced():
        for block in source.blocks():
            collector.add(block.records)
        pasts = collector.pasts(single, wanted)
        tried = untried = 0
        for config, series, past in islice(pasts, MOST):
            found = blind_spots(series_name(series), past, config, bands, within)
            line = msgspec.json.encode(found).decode() if as_json else text_of(found)
            typer.echo(line if as_json or not tried + untried else f"\n{line}")
            tried, untried = (tried + 1, untried) if found.places else (tried, untried + 1)
    if not tried + untried:
        raise AnomalyStreamError(
            f"{source.name}: no config of single metrics watches a series"
            + (f" with {wanted!r} in its name" if wanted else "")
        )
    if not tried:
        raise AnomalyStreamError(
            f"{source.name}: none of {plural(untried, 'series', 'series')} could be tried"
        )
    typer.echo(f"{plural(tried, 'series', 'series')} tried, {untried:,} could not be", err=True)
    if left := sum(1 for _ in pasts):
        typer.echo(f"{left:,} more not tried, beyond {MOST}: choose some with --series TEXT", err=True)
    if groups := len(configs) - len(single):
        typer.echo(f"{plural(groups, 'group')} not tried: changes are injected into single series", err=True)
