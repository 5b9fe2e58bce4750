"""``anomaly-stream incidents``: alerts that belong together, through the API."""

from itertools import islice
from typing import Annotated

import msgspec
import typer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.cli.tables import print_table
from anomaly_stream.client import Incident

app = typer.Typer(
    help="List incidents of the history: alerts that belong together.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("list")
def list_incidents(
    api: Url,
    token_file: TokenFile = None,
    config: Annotated[str | None, typer.Option(metavar="ID", help="With an alert of this config.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this platform group only.")] = None,
    status: Annotated[str | None, typer.Option(help="firing or resolved.")] = None,
    label: Annotated[
        str | None, typer.Option(metavar="NAME=VALUE", help="With an alert of a series with this label.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Open at this time or later, as 2026-01-31T12:00:00Z.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most incidents.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each incident.")] = False,
) -> None:
    """List incidents, the latest first.

    Example: anomaly-stream incidents list --status firing
    """
    with client_of(api, token_file) as client:
        listed = client.incidents.list(config=config, owner=owner, status=status, label=label, since=since)
        found = list(islice(listed, limit))
    if as_json:
        for incident in found:
            typer.echo(msgspec.json.encode(incident))
        return
    print_table(
        ("incident", "began", "status", "severity", "alerts", "labels", "first alert"), map(_row, found)
    )


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
