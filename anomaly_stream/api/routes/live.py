"""``/v1/alerts:live``: alert events as they are published."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Security
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials

from anomaly_stream.api.alert_filters import LiveQuery
from anomaly_stream.api.caller import BEARER
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.state import State

router = APIRouter(tags=["alerts"])

_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get(
    "/alerts:live",
    name="stream_alerts",
    responses={
        200: {"description": "Server-sent events, without an end", "content": _STREAM},
        **described(HTTPStatus.UNPROCESSABLE_ENTITY),
    },
    response_class=StreamingResponse,
)
def stream_alerts(
    state: State,
    query: Annotated[LiveQuery, Query()],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    last_event_id: Annotated[
        str | None,
        Header(
            max_length=10_000, description="The `id` of the last event received; without it, from now on."
        ),
    ] = None,
) -> StreamingResponse:
    """Follow alert events as they are published: the event `alert` has one as its data.

    The event `missed` says that some were published meanwhile that are no longer kept here: read
    `/v1/alerts`. A heartbeat comes every 15 seconds.
    """
    if state.live is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "This server has no live alerts.")
    readmit = partial(state.admit, credentials.credentials if credentials else None)
    stream = state.live.open(readmit, query.accepts, last_event_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
