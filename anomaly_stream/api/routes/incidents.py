"""``/v1/incidents``: alerts that belong together, as the history holds them."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from anomaly_stream.api.alert_filters import IncidentQuery, history_of
from anomaly_stream.api.answer_schemas import JSON, answers
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.exports import INCIDENT_COLUMNS, IncidentExport, export, export_responses
from anomaly_stream.api.filter_warnings import history_warnings
from anomaly_stream.api.history_pages import key_of, page_answer
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.state import State
from anomaly_stream.history.wanted import Wanted

router = APIRouter(tags=["alerts"])

_MOST_ALERTS = 1000


@router.get(
    "/incidents",
    name="list_incidents",
    responses=answers("IncidentPage", "A page of incidents"),
    response_class=Response,
)
def list_incidents(state: State, caller: CurrentCaller, query: Annotated[IncidentQuery, Query()]) -> Response:
    """List incidents that have an alert with what is asked, by the start of their first alert, the latest
    first.
    """
    history, wanted = history_of(state), query.wanted(caller)
    found = history.incidents(wanted, query.limit + 1, key_of(query))
    return page_answer(found, query.limit, partial(history_warnings, state, history, caller, wanted))


@router.get(
    "/incidents:export", name="export_incidents", responses=export_responses(), response_class=Response
)
def export_incidents(
    state: State, caller: CurrentCaller, query: Annotated[IncidentExport, Query()]
) -> Response:
    """Export all incidents that are found as one file."""
    history, wanted = history_of(state), query.wanted(caller)
    return export(
        "incidents",
        query.format,
        lambda limit, after: history.incidents(wanted, limit, after),
        INCIDENT_COLUMNS,
        partial(history_warnings, state, history, caller, wanted),
    )


@router.get(
    "/incidents/{incident_id}",
    name="read_incident",
    responses={
        **answers("IncidentAnswer", "The incident"),
        **described(HTTPStatus.NOT_FOUND),
    },
    response_class=Response,
)
def read_incident(incident_id: str, state: State, caller: CurrentCaller) -> Response:
    """Read an incident with its alerts, the first cause first."""
    history, wanted_id = history_of(state), incident_id.replace("\0", "\ufffd")
    incident = history.incident(wanted_id, caller.readable)
    if incident is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no incident {incident_id!r}.")
    wanted = Wanted(readable=caller.readable, incident=wanted_id)
    latest_first = history.alerts(wanted, _MOST_ALERTS)
    found = [msgspec.Raw(row.body.encode()) for row in reversed(latest_first)]
    return Response(msgspec.json.encode({"incident": incident, "alerts": found}), media_type=JSON)
