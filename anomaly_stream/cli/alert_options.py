"""Options by which alerts and incidents of the history are found, named as the filters of the API."""

from enum import StrEnum
from typing import Annotated

import typer

from anomaly_stream.cli.moments import forms


class Severity(StrEnum):
    """How severe an alert is; an enumeration, because an option that is given several times needs one."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


class AlertStatus(StrEnum):
    """The status of an alert's newest event."""

    FIRING = "firing"
    UPDATED = "updated"
    REMINDER = "reminder"
    RESOLVED = "resolved"


class IncidentStatus(StrEnum):
    """The status of an incident."""

    FIRING = "firing"
    RESOLVED = "resolved"


SEVERITIES = "|".join(Severity)

Config = Annotated[str | None, typer.Option(metavar="ID", help="Alerts of this config only.")]
Owner = Annotated[str | None, typer.Option(help="Alerts of this platform group only.")]
Metric = Annotated[str | None, typer.Option(help="Alerts on this metric only.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="NAME[=VALUE]",
        help="Alerts with this label, as in env or env=prod; all that are given must hold.",
    ),
]
Severities = Annotated[
    list[Severity] | None,
    typer.Option(
        "--severity", metavar=SEVERITIES, help="Alerts of this severity; may be given several times."
    ),
]
AlertStatuses = Annotated[
    list[AlertStatus] | None,
    typer.Option(
        "--status",
        metavar="|".join(AlertStatus),
        help="Alerts whose newest event has this status; may be given several times. An open alert has "
        "firing, updated or reminder.",
    ),
]
IncidentStatuses = Annotated[
    list[IncidentStatus] | None,
    typer.Option(
        "--status",
        metavar="|".join(IncidentStatus),
        help="Incidents of this status: firing until all of its alerts are resolved.",
    ),
]
Suppressed = Annotated[
    bool | None,
    typer.Option(
        "--suppressed/--not-suppressed",
        help="Alerts whose newest event a silence suppresses, or does not (default: both).",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help=f"Alerts that were open at this time or later: {forms('2h')}."),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help=f"Alerts that began before this time: {forms('2h')}.")
]
Limit = Annotated[int, typer.Option(min=1, help="The most that are listed, the latest first.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON line for each.")]
