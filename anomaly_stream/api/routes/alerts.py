"""``/v1/alerts`` and ``/v1/anomalies``: what the history holds."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from anomaly_stream.api.alert_filters import (
    AlertQuery,
    AnomalyQuery,
    alert_of,
    history_of,
)
from anomaly_stream.api.answer_schemas import JSON, answers
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.exports import (
    ALERT_COLUMNS,
    ANOMALY_COLUMNS,
    AlertExport,
    AnomalyExport,
    export,
    export_responses,
)
from anomaly_stream.api.filter_warnings import history_warnings
from anomaly_stream.api.history_pages import key_of, page_answer
from anomaly_stream.api.problems import described
from anomaly_stream.api.state import State
from anomaly_stream.history.queries import AlertAccount

router = APIRouter(tags=["alerts"])


@router.get(
    "/alerts",
    name="list_alerts",
    responses=answers("AlertPage", "A page of alerts"),
    response_class=Response,
)
def list_alerts(state: State, caller: CurrentCaller, query: Annotated[AlertQuery, Query()]) -> Response:
    """List alerts, each by its newest event, by start, the latest first.

    A page stays the same while further alerts open.
    """
    history, wanted = history_of(state), query.wanted(caller)
    found = history.alerts(wanted, query.limit + 1, key_of(query))
    return page_answer(found, query.limit, partial(history_warnings, state, history, caller, wanted))


@router.get("/alerts:export", name="export_alerts", responses=export_responses(), response_class=Response)
def export_alerts(state: State, caller: CurrentCaller, query: Annotated[AlertExport, Query()]) -> Response:
    """Export all alerts that are found as one file, each by its newest event."""
    history, wanted = history_of(state), query.wanted(caller)
    return export(
        "alerts",
        query.format,
        lambda limit, after: history.alerts(wanted, limit, after),
        ALERT_COLUMNS,
        partial(history_warnings, state, history, caller, wanted),
    )


@router.get(
    "/alerts/{alert_id}",
    name="read_alert",
    responses={**answers("AlertAnswer", "The alert"), **described(HTTPStatus.NOT_FOUND)},
    response_class=Response,
)
def read_alert(alert_id: str, state: State, caller: CurrentCaller) -> Response:
    """Read an alert with all its events, the version of its config that opened it, what was said of it,
    earlier alerts like it, and the values of its series, or of the members of its group.
    """
    return Response(_account(alert_of(state, caller, alert_id)), media_type=JSON)


def _account(account: AlertAccount) -> bytes:
    version = account.config
    return msgspec.json.encode(
        {
            "alert": _raw(account.body),
            "events": [
                {"published_at_ms": event.published_at_ms, "event": _raw(event.body)}
                for event in account.events
            ],
            "config": version and {**version._asdict(), "document": _raw(version.document)},
            "feedback": account.feedback and account.feedback._asdict(),
            "similar": [
                {"alert": _raw(one.body), "feedback": one.feedback and one.feedback._asdict()}
                for one in account.similar
            ],
            "values": account.around.values,
            "members": account.around.members,
            "other_members": account.around.others,
            "values_state": account.around.state,
        }
    )


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


@router.get(
    "/anomalies",
    name="list_anomalies",
    responses=answers("AnomalyPage", "A page of anomalies"),
    response_class=Response,
)
def list_anomalies(state: State, caller: CurrentCaller, query: Annotated[AnomalyQuery, Query()]) -> Response:
    """List anomalous observations, those that opened no alert too, the latest first.

    A group sees the anomalies of the configs that it owns now.
    """
    history, wanted = history_of(state), query.wanted(caller)
    found = history.anomalies(wanted, query.limit + 1, key_of(query))
    return page_answer(found, query.limit, partial(history_warnings, state, history, caller, wanted))


@router.get(
    "/anomalies:export", name="export_anomalies", responses=export_responses(), response_class=Response
)
def export_anomalies(
    state: State, caller: CurrentCaller, query: Annotated[AnomalyExport, Query()]
) -> Response:
    """Export all anomalies that are found as one file."""
    history, wanted = history_of(state), query.wanted(caller)
    return export(
        "anomalies",
        query.format,
        lambda limit, after: history.anomalies(wanted, limit, after),
        ANOMALY_COLUMNS,
        partial(history_warnings, state, history, caller, wanted),
    )
