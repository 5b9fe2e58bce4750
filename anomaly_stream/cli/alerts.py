"""``anomaly-stream alerts``: the history of alerts and what people say of them, through the API."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import typer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.cli.alert_feedback import AlertId, feedback
from anomaly_stream.cli.alert_options import (
    AlertStatuses,
    Config,
    Json,
    Labels,
    Limit,
    Metric,
    Owner,
    Severities,
    Since,
    Suppressed,
    Until,
)
from anomaly_stream.cli.alert_values import value_lines
from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.cli.listing import print_latest
from anomaly_stream.cli.moments import written
from anomaly_stream.cli.tables import print_table
from anomaly_stream.client import Alert

app = typer.Typer(
    help="List alerts of the history, and say whether they were right.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
_HEADINGS = ("alert", "began", "status", "severity", "explanation")


@app.command("list")
def list_alerts(
    api: Url,
    token_file: TokenFile = None,
    owner: Owner = None,
    config: Config = None,
    metric: Metric = None,
    label: Labels = None,
    severity: Severities = None,
    status: AlertStatuses = None,
    incident: Annotated[
        str | None, typer.Option(metavar="INCIDENT_ID", help="Alerts of this incident only.")
    ] = None,
    suppressed: Suppressed = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List alerts, the latest first.

    Example: anomaly-stream alerts list --status firing
    """
    with client_of(api, token_file) as client:
        found = client.alerts.list(
            owner=owner,
            config=config,
            metric=metric,
            label=label,
            severity=severity,
            status=status,
            incident=incident,
            suppressed=suppressed,
            since=written(since, "--since"),
            until=written(until, "--until"),
        )
        print_latest(found, limit, _HEADINGS, _row, as_json=as_json)


@app.command()
def show(
    alert_id: AlertId,
    api: Url,
    token_file: TokenFile = None,
    values: Annotated[
        bool, typer.Option("--values", help="Print the values around the alert, one line each.")
    ] = False,
) -> None:
    """Print an alert as JSON: its events, its config, feedback, similar earlier alerts, and values of its
    series, or of the members of its group.

    Example: anomaly-stream alerts show 5f0c1e6a9b3d47f28c1a0b9d8e7f6a5b
    """
    with client_of(api, token_file) as client:
        found = client.alerts.get(alert_id)
    if values:
        typer.echo("\n".join(value_lines(found)))
    else:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)))


app.command()(feedback)


@app.command()
def precision(
    api: Url,
    token_file: TokenFile = None,
    by: Annotated[Literal["config", "detector", "owner"], typer.Option(help="What to group by.")] = "config",
    interval: Annotated[Literal["day", "week", "all"], typer.Option(help="By the start of alerts.")] = "all",
    owner: Owner = None,
    config: Config = None,
    metric: Metric = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Print the share of true alarms among the alerts with feedback, with its 95 % interval.

    Example: anomaly-stream alerts precision --by detector --interval week
    """
    with client_of(api, token_file) as client:
        rows = client.alerts.precision(
            by,
            interval,
            owner=owner,
            config=config,
            metric=metric,
            since=written(since, "--since"),
            until=written(until, "--until"),
        )
    table = []
    for row in rows:
        share = "" if row.precision is None else f"{row.precision:.2f}"
        bounds = "" if row.lower is None or row.upper is None else f"{row.lower:.2f} to {row.upper:.2f}"
        begin = "" if row.begin is None else f"{datetime.fromtimestamp(row.begin, UTC):%Y-%m-%d}"
        counts = map(str, (row.true_alarms, row.false_alarms, row.expected_changes))
        table.append((row.key, begin, share, bounds, *counts))
    print_table((by, "from", "precision", "95 %", "true", "false", "expected"), table)


def _row(event: Alert) -> tuple[str, ...]:
    began = clock(event.episode.start)
    return event.alert_id, began, event.status, event.severity, event.explanation
