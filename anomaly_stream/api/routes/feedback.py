"""What people say of alerts, and the precision that follows from it."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from anomaly_stream.api.alert_filters import Scope, alert_of, history_of
from anomaly_stream.api.audit import record_action
from anomaly_stream.api.body import BAD_BODY, Body, document_of, request_body
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.filter_warnings import history_warnings
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.state import State
from anomaly_stream.api.teaching import take_back, teach
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.history.precision import Interval, precisions
from anomaly_stream.model.feedback import MAX_NOTE, Feedback, Judgement, leading_detector

router = APIRouter(tags=["alerts"])

_MOST_ROWS = 10_000


class FeedbackDocument(BaseModel):
    """What somebody says of an alert."""

    model_config = ConfigDict(extra="forbid", strict=True)

    judgement: Judgement = Field(
        description="`true_alarm`: somebody had to know. `false_alarm`: nothing had happened. "
        "`expected_change`: the values did change, and this was planned or known."
    )
    note: str = Field(default="", max_length=MAX_NOTE, description="Why, for people.")
    teach: bool = Field(
        default=False,
        description="With `false_alarm`: such a deviation is known. The series opens no alert for one like "
        "it, on the same side of the expected value, until a `true_alarm` on that side, or other feedback on "
        "this alert, takes it back.",
    )

    @model_validator(mode="after")
    def _teaches_a_false_alarm(self) -> "FeedbackDocument":
        if self.teach and self.judgement != "false_alarm":
            raise ValueError("teach goes with the judgement false_alarm only")
        return self


class PrecisionQuery(Scope):
    """Which alerts to count, and how to group them."""

    by: Literal["config", "detector", "owner"] = Field(
        default="config",
        description="What to group by. An alert counts for the detector with the strongest evidence when it "
        "opened.",
    )
    interval: Interval = Field(default="all", description="By the start of alerts, in UTC.")


@router.post(
    "/alerts/{alert_id}/feedback",
    name="give_feedback",
    openapi_extra=request_body(
        "FeedbackDocument", {"judgement": "false_alarm", "note": "a deployment at 10:00"}
    ),
    responses={
        200: {
            "description": "The feedback, and what it took back",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FeedbackReceipt"}}},
        },
        **described(*BAD_BODY, HTTPStatus.NOT_FOUND),
    },
    response_class=Response,
)
def give_feedback(alert_id: str, document: Body, state: State, caller: CurrentCaller) -> Response:
    """Say whether an alert was right. It replaces earlier feedback on the alert, and what that taught.

    The alert and the precision have it once the recorder has read it, usually within a second. What `teach`
    says reaches the series with the next checkpoint of its worker; the role `editor` is needed in the group
    that owns the config now.
    """
    caller.check_editor()
    account = alert_of(state, caller, alert_id)
    if not caller.may_change(account.owner):
        raise ProblemError(
            HTTPStatus.FORBIDDEN, f"{caller.id} needs the role editor in the group {account.owner!r}."
        )
    if state.give_feedback is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "This server takes no feedback.")
    given = document_of(document, FeedbackDocument, "feedback")
    alert = decode_alert(account.body.encode())
    events = [decode_alert(event.body.encode()) for event in account.events] or [alert]
    feedback = Feedback(
        alert_id=alert.alert_id,
        judgement=given.judgement,
        note=given.note,
        author=caller.id,
        given_at_ms=int(state.clock() * 1000),
        config_id=alert.config_id,
        owner=alert.owner,
        metric=alert.metric,
        labels=alert.labels,
        detector=leading_detector(events[0].detectors),
        started_at=alert.episode.start,
        condition=alert.condition,
    )
    taken_back = None
    if given.teach:
        teach(state, caller, events)
    else:
        taken_back = take_back(state, caller, events, only_own=given.judgement != "true_alarm")
    state.give_feedback(feedback)
    record_action(caller, "feedback", alert.alert_id, before=None, after=given.model_dump())
    receipt = {**msgspec.structs.asdict(feedback), "taken_back": taken_back}
    return Response(msgspec.json.encode(receipt), media_type="application/json")


@router.get(
    "/precision",
    name="read_precision",
    responses={
        200: {
            "description": "Precision by key and interval",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PrecisionAnswer"}}},
        },
        **described(HTTPStatus.UNPROCESSABLE_ENTITY),
    },
    response_class=Response,
)
def read_precision(
    state: State, caller: CurrentCaller, query: Annotated[PrecisionQuery, Query()]
) -> Response:
    """Read the share of true alarms among the alerts of which people said that they were true or false.

    Alerts count by their start. Alerts without feedback, expected changes, and alerts on missing values or on
    withheld alerts do not count.
    """
    history, wanted = history_of(state), query.wanted(caller)
    rows = precisions(history.labels(query.by, wanted), query.interval)
    if len(rows) > _MOST_ROWS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"The answer has {len(rows):,} rows, and the limit is {_MOST_ROWS:,}: "
            "set since, owner or config, or a longer interval.",
        )
    warnings = [] if rows else history_warnings(state, history, caller, wanted)
    body = msgspec.json.encode({"items": [row._asdict() for row in rows], "warnings": warnings})
    return Response(body, media_type="application/json")
