"""``anomaly-stream explain --blind-spots``: how small a change the configs would find in each series."""

from collections.abc import Sequence
from itertools import islice

import msgspec
import typer

from anomaly_stream.alerts.wording import plural, series_name
from anomaly_stream.cli.input_options import InputFiles
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import AnomalyDetectionConfig, Series, SeverityBands
from anomaly_stream.ops.compilation import announced
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.blind_spots.pasts import PastCollector
from anomaly_stream.report.blind_spots.search import blind_spots
from anomaly_stream.report.blind_spots.text import text_of
from anomaly_stream.report.unused_configs import listed, unmatched_warnings

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
        AnomalyStreamError: there are only groups, no config watches a wanted series of the input, or none of
            these series could be tried.
    """
    single = [config for config in configs if isinstance(config, AnomalyDetectionConfig)]
    groups = len(configs) - len(single)
    not_tried = f"{plural(groups, 'group')} not tried: changes are injected into single series"
    if not single:
        raise AnomalyStreamError(f"{not_tried}; give a config of a single metric")
    collector = PastCollector(source.format_name)
    faulty = 0
    with announced():
        for block in source.blocks():
            faulty += len(block.faults)
            collector.add(block.records)
        faulty += collector.faulty
        pasts = collector.pasts(single, wanted)
        tried = untried = 0
        for config, series, past in islice(pasts, MOST):
            found = blind_spots(series_name(series), past, config, bands, within)
            line = msgspec.json.encode(found).decode() if as_json else text_of(found)
            typer.echo(line if as_json or not tried + untried else f"\n{line}")
            tried, untried = (tried + 1, untried) if found.places else (tried, untried + 1)
    if not tried + untried:
        raise AnomalyStreamError(f"{source.name}: {_why_none(single, collector.series, wanted, faulty)}")
    if not tried:
        raise AnomalyStreamError(
            f"{source.name}: none of {plural(untried, 'series', 'series')} could be tried"
        )
    typer.echo(f"{plural(tried, 'series', 'series')} tried, {untried:,} could not be", err=True)
    if left := sum(1 for _ in pasts):
        typer.echo(f"{left:,} more not tried, beyond {MOST}: choose some with --series TEXT", err=True)
    if groups:
        typer.echo(not_tried, err=True)
    if faulty:
        typer.echo(f"{plural(faulty, 'faulty line')} left out", err=True)


def _why_none(
    configs: Sequence[AnomalyDetectionConfig], series: Sequence[Series], wanted: str, faulty: int
) -> str:
    """Why no config watches a wanted series of an input, and what there is."""
    if not series:
        return f"no values in the input: {plural(faulty, 'faulty line')}"
    chosen = [one for one in series if wanted in series_name(one)]
    if not chosen:
        return (
            f"no series has {wanted!r} in its name; there are {listed([series_name(one) for one in series])}"
        )
    return "; ".join(unmatched_warnings(configs, chosen))
