"""``anomaly-stream incidents``: alerts that belong together, through the API."""

from typing import Annotated

import msgspec
import typer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.cli.alert_options import (
    Config,
    IncidentStatuses,
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
from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.cli.listing import print_latest
from anomaly_stream.cli.moments import written
from anomaly_stream.client import Incident

app = typer.Typer(
    help="List incidents of the history: alerts that belong together.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_HEADINGS = ("incident", "began", "status", "severity", "alerts", "labels", "first alert")


@app.command("list")
def list_incidents(
    api: Url,
    token_file: TokenFile = None,
    owner: Owner = None,
    config: Config = None,
    metric: Metric = None,
    label: Labels = None,
    severity: Severities = None,
    status: IncidentStatuses = None,
    suppressed: Suppressed = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List incidents, the latest first: those with an alert that has all that is asked.

    Example: anomaly-stream incidents list --status firing
    """
    with client_of(api, token_file) as client:
        found = client.incidents.list(
            owner=owner,
            config=config,
            metric=metric,
            label=label,
            severity=severity,
            status=status,
            suppressed=suppressed,
            since=written(since, "--since"),
            until=written(until, "--until"),
        )
        print_latest(found, limit, _HEADINGS, _row, as_json=as_json)


@app.command()
def show(
    incident_id: Annotated[str, typer.Argument(metavar="INCIDENT_ID", help="`incident_id` of its alerts.")],
    api: Url,
    token_file: TokenFile = None,
) -> None:
    """Print an incident as JSON, with its alerts, the first cause first.

    Example: anomaly-stream incidents show 0d6f1e6a9b3d47f28c1a0b9d8e7f6a5b
    """
    with client_of(api, token_file) as client:
        typer.echo(msgspec.json.format(msgspec.json.encode(client.incidents.get(incident_id))))


def _row(incident: Incident) -> tuple[str, ...]:
    labels = " ".join(f"{name}={value}" for name, value in incident.labels.items())
    return (
        *(incident.incident_id, clock(incident.started_at), incident.status, incident.severity),
        *(f"{incident.alerts} ({incident.open} open)", labels, incident.first.explanation),
    )
