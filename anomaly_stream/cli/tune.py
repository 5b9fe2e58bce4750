"""``anomaly-stream tune``: a change of a config, proposed by what people said of its alerts."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from anomaly_stream.alerts.wording import clock, plural, series_name
from anomaly_stream.apps.load_history import NoSuchConfigError
from anomaly_stream.apps.tuning import config_in_force, stored_observations
from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.cli.config_yaml import difference, to_yaml
from anomaly_stream.cli.files import STANDARD_STREAM, open_output, read_text
from anomaly_stream.cli.input_options import InputFiles, takes_files
from anomaly_stream.cli.moments import forms, moment
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.feedback_topic import decode_feedback, read_feedback
from anomaly_stream.model import Series
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.ops.compilation import announced
from anomaly_stream.registry.parsing import ParsedConfig
from anomaly_stream.report.proposal import Proposal, propose
from anomaly_stream.report.trials import Trials
from anomaly_stream.report.tuning import Assessment
from anomaly_stream.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@takes_files
def tune(
    config_id: Annotated[str, typer.Argument(metavar="CONFIG_ID", help="Id of the config.")],
    source: InputFiles,
    from_time: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help=f"Without --input, replay the metrics topics from this Kafka timestamp: {forms('7d')}.",
        ),
    ] = "7d",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the config (default: the one in force).")
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What people said, as JSON lines of the feedback topic (default: the topic).",
        ),
    ] = None,
    objective: Annotated[
        Literal["keep-true", "precision"],
        typer.Option(
            help="What is better: `keep-true`, fewer false alarms without the loss of a true alarm; "
            "`precision`, a higher lower end of the precision's interval."
        ),
    ] = "keep-true",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the changed config to this file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Propose a change of a config that raises fewer false alarms, by the feedback on its alerts.

    Replays observations with changes of threshold, direction, least deviation, season, detectors and preset,
    one at a time and in pairs, and compares what becomes of each alert with feedback. Nothing changes until
    the proposal is applied.

    Example: anomaly-stream tune flow --from-time 14d --output proposal.yaml
    """
    loaded = start_process(settings)
    subject = _subject(loaded, config_id, config)
    if source.paths == [STANDARD_STREAM]:
        replay, new_trials = stored_observations(loaded, moment(from_time, "--from-time"))
    else:
        replay = source.blocks
        formats = {"input": source.format_name}
        new_trials = partial(Trials, bands=loaded.severity.bands(), formats=formats)
    said = read_feedback(loaded) if feedback is None else _feedback_of(feedback)
    context = config_context(loaded)
    with announced():
        found = propose(subject.config, subject.document, said, replay, new_trials, context, objective)
    typer.echo(msgspec.json.encode(found) if as_json else "\n".join(_text(found, subject)))
    if found.document is None:
        return
    if output is None:
        typer.echo("nothing has changed: --output FILE writes the config, for `configs apply`", err=True)
        return
    with open_output(output) as stream:
        stream.write(to_yaml(found.document).encode())
    typer.echo(f"{output}: apply it with `anomaly-stream configs apply {output}`", err=True)


def _subject(settings: Settings, config_id: str, file: Path | None) -> ParsedConfig:
    if file is not None:
        for _, parsed in parse_files([file], config_context(settings)):
            if parsed.config.id == config_id:
                return parsed
        raise AnomalyStreamError(f"{file} has no config {config_id}")
    try:
        return config_in_force(settings, config_id)
    except NoSuchConfigError as error:
        raise AnomalyStreamError(f"{error}; a file can be named with --config") from None


def _feedback_of(file: Path) -> list[Feedback]:
    """The feedback in a file, the last one on each alert."""
    newest: dict[str, Feedback] = {}
    for number, line in enumerate(read_text(file).splitlines(), 1):
        if line.strip():
            try:
                one = decode_feedback(line.encode())
            except msgspec.DecodeError as error:
                raise AnomalyStreamError(f"{file}:{number}: is no feedback: {error}") from None
            newest[one.alert_id] = one
    return list(newest.values())


def _text(found: Proposal, subject: ParsedConfig) -> Iterator[str]:
    yield (
        f"{found.config_id}: {plural(found.observations, 'observation')} of {found.days:.1f} days; "
        f"{plural(len(found.alerts), 'alert')} with feedback; {plural(found.tried, 'change')} tried"
    )
    if found.faulty:
        yield f"{plural(found.faulty, 'record')} without an observation"
    if found.not_raised:
        yield (
            f"{plural(found.not_raised, 'more alert')} with feedback: not raised again, because the "
            "observations begin too late, or an earlier version of the config raised them"
        )
    yield ""
    if not found.in_force.false_alarms:
        yield "None of these alerts is a false alarm: there is nothing to change."
    elif found.document is None:
        yield "No change that was tried is better than the config in force."
    else:
        yield from difference(subject.document, found.document, found.config_id)
    yield ""
    yield from _figures(found.in_force, found.proposed)
    yield ""
    yield from _alerts(found)
    if found.proposed is not None:
        yield ""
        yield "The change was chosen by these alerts, so expect a lower precision from new ones."


def _figures(in_force: Assessment, proposed: Assessment | None) -> Iterator[str]:
    columns = [("in force", in_force)] + ([("proposed", proposed)] if proposed is not None else [])
    yield f"{'':<18}" + "".join(f"{name:<24}" for name, _ in columns).rstrip()
    rows: Iterable[tuple[str, list[str]]] = (
        ("true alarms", [str(one.true_alarms) for _, one in columns]),
        ("false alarms", [str(one.false_alarms) for _, one in columns]),
        ("expected changes", [str(one.expected_changes) for _, one in columns]),
        ("precision", [_precision(one) for _, one in columns]),
        ("alerts", [str(one.alerts) for _, one in columns]),
        ("alerts per day", [_rate(one) for _, one in columns]),
    )
    for name, cells in rows:
        yield f"{name:<18}" + "".join(f"{cell:<24}" for cell in cells).rstrip()
    assessed = [one for _, one in columns]
    if any(one.precision is None for one in assessed):
        yield "No precision: without a kept true or false alarm there is none."
    if any(one.alerts_per_day is None for one in assessed):
        yield "No alerts per day: the observations cover less than an hour."


def _precision(one: Assessment) -> str:
    if one.precision is None:
        return "-"
    return f"{one.precision:.2f} ({one.lower:.2f} to {one.upper:.2f})"


def _rate(one: Assessment) -> str:
    return "-" if one.alerts_per_day is None else f"{one.alerts_per_day:.2f}"


def _alerts(found: Proposal) -> Iterator[str]:
    becomes = {None: "", True: "kept  ", False: "gone  "}
    for alert in found.alerts:
        name = series_name(Series.of(alert.metric, alert.labels))
        note = f"  {alert.note}" if alert.note else ""
        yield f"{becomes[alert.kept]}{alert.judgement:<16}{clock(alert.started_at)}  {name}{note}"
