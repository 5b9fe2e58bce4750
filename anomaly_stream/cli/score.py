"""``anomaly-stream score``: the same engine without Kafka."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from anomaly_stream.cli.configs import parse_files
from anomaly_stream.cli.files import open_input, open_output
from anomaly_stream.cli.options import SettingsFile
from anomaly_stream.cli.progress import reading
from anomaly_stream.cli.verdict_lines import OfflineScorer
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.csv_rows import CsvHeader
from anomaly_stream.formats.lines import records_from_lines, whole_lines
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import RecordColumns
from anomaly_stream.ops.compilation import announced
from anomaly_stream.settings import load_settings

_BLOCK_BYTES = 1 << 20
_SHOWN_FAULTS = 20
_STANDARD = Path("-")


_AUTO, _CSV = "auto", "csv"


def _known_format(name: str) -> str:
    known = (_AUTO, _CSV, *FORMATS)
    if name not in known:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}.")
    return name


app = typer.Typer(add_completion=False)


@app.command()
def score(
    config: Annotated[list[Path], typer.Option(metavar="FILE", help="Configs; may be given several times.")],
    source: Annotated[
        Path, typer.Option("--input", metavar="FILE", help="Observations; - is standard input.")
    ] = _STANDARD,
    output: Annotated[Path, typer.Option(metavar="FILE", help="Verdicts; - is standard output.")] = _STANDARD,
    everything: Annotated[
        bool, typer.Option("--all", help="A line per observation, not only per anomaly.")
    ] = False,
    alerts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Alert events, as on the alerts topic.")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            callback=_known_format,
            help="Format of the input: json (or another format of metrics topics), a message per line; csv, "
            "with a header line; auto, which is json or csv by the first line.",
        ),
    ] = _AUTO,
    metric: Annotated[
        str | None, typer.Option(help="The metric's name, for CSV without a column of that name.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Score observations from a file: one JSON line per anomaly, the same bytes that a worker publishes.

    Faulty lines are reported on standard error and passed over.

    Example: anomaly-stream score --config configs/flow.yaml --input flow.csv --all
    """
    loaded = load_settings(settings)
    parsed = parse_files(config, config_context(loaded))
    configs = [each.config for _, each in parsed]
    scorer = OfflineScorer(
        configs, loaded.severity.bands(), everything, kind if kind in FORMATS else DEFAULT_FORMAT
    )
    with announced(), ExitStack() as stack:
        stream = stack.enter_context(open_input(source))
        verdicts = stack.enter_context(open_output(output))
        events = stack.enter_context(open_output(alerts)) if alerts is not None else None
        blocks = stack.enter_context(reading(source, _blocks(stream)))
        for records in read_records(blocks, str(source), kind, metric):
            lines, event_lines = scorer.score(records)
            verdicts.write(b"".join(lines))
            verdicts.flush()
            if events is not None:
                events.write(b"".join(event_lines))
    _report(scorer, str(source))


def read_records(
    blocks: Iterator[bytes], name: str, kind: str, metric: str | None
) -> Iterator[RecordColumns]:
    """The lines of ``blocks`` as records. Raises AnomalyStreamError for a CSV header that cannot be used."""
    header: CsvHeader | None = None
    for chunk, line in whole_lines(blocks):
        rows, first_line = chunk, line
        if line == 0 and _is_csv(kind, name, chunk):
            first, _, rows = chunk.partition(b"\n")
            first_line = 1
            try:
                header = CsvHeader(first.decode(), metric)
            except ValueError as error:
                raise AnomalyStreamError(f"{name}: {error}") from None
        if header is None:
            yield records_from_lines(rows, name, first_line)
        else:
            yield header.records(rows, name, first_line)


def _is_csv(kind: str, name: str, chunk: bytes) -> bool:
    if kind != _AUTO:
        return kind == _CSV
    return name.endswith(".csv") or not chunk.lstrip().startswith((b"{", b"["))


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """What is there to read, at most a block at a time, so that a pipe's lines are not held back."""
    read = getattr(stream, "read1", stream.read)
    while block := read(_BLOCK_BYTES):
        yield block


def _report(scorer: OfflineScorer, name: str) -> None:
    for line, fault in scorer.faults[:_SHOWN_FAULTS]:
        typer.echo(f"{name}:{line + 1}: {fault.reason.value}: {fault.detail}", err=True)
    if len(scorer.faults) > _SHOWN_FAULTS:
        typer.echo(f"{name}: {len(scorer.faults) - _SHOWN_FAULTS} more faulty lines", err=True)
    typer.echo(scorer.summary(), err=True)
    if scorer.faults and not scorer.observations:
        raise AnomalyStreamError(f"{name}: holds no observation")
