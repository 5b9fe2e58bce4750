"""Values that leave the baselines of a config again."""

import secrets
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from anomaly_stream.alerts.not_learned import why_not_learned
from anomaly_stream.api.alert_filters import alert_of
from anomaly_stream.api.audit import record_action
from anomaly_stream.api.body import BAD_BODY, Body, document_of, request_body
from anomaly_stream.api.caller import Caller, CurrentCaller
from anomaly_stream.api.changes import Editor
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.routes.history import JOB, TO_JOB, job_answer, job_runner
from anomaly_stream.api.state import ApiState, State
from anomaly_stream.api.tasks.messages import UnlearnTask
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.registry.fields import Instant, Name
from anomaly_stream.registry.matching import matches

router = APIRouter(tags=["history"])

_EXAMPLE = {
    "from": "2026-01-31T10:00:00Z",
    "to": "2026-01-31T12:00:00Z",
    "learn_from": "2026-01-01T00:00:00Z",
}


class UnlearnDocument(BaseModel):
    """Which values leave the baselines: those of a range, of an alert, or all before an alert."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    begin: Instant | None = Field(default=None, alias="from", description="First event time that leaves.")
    to: Instant | None = Field(default=None, description="Last event time that leaves.")
    metric: Name | None = Field(
        default=None,
        description="Metric of the only series that is affected, with `labels`. By default, every series of "
        "the config is that has a value in the range.",
    )
    labels: dict[Name, str] = Field(default={}, description="All labels of that series.")
    alert_id: str | None = Field(
        default=None, description="Series and range of this resolved alert: first to last anomaly."
    )
    before_alert_id: str | None = Field(
        default=None,
        description="Series of this alert, and all values before it: what it reported is the new normal.",
    )
    learn_from: Instant | None = Field(
        default=None,
        description="Kafka timestamp from which the metrics topics are learned again. Required if values "
        "before the range remain.",
    )

    @model_validator(mode="after")
    def _names_one_range(self) -> "UnlearnDocument":
        has_range = self.begin is not None or self.to is not None
        if [has_range, self.alert_id is not None, self.before_alert_id is not None].count(True) != 1:
            raise ValueError("give one of from and to, alert_id, and before_alert_id")
        if self.begin is not None and self.to is not None and self.begin > self.to:
            raise ValueError("from must not be after to")
        if self.labels and self.metric is None:
            raise ValueError("labels need metric")
        if self.metric is not None and not has_range:
            raise ValueError("metric and labels are those of the alert: remove them")
        if self.learn_from is None and (self.begin is not None or self.alert_id is not None):
            raise ValueError("learn_from is required, because values before the range are learned again")
        return self


@router.post(
    "/configs/{config_id:id}/unlearn",
    name="unlearn",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra=request_body("UnlearnDocument", _EXAMPLE),
    responses={
        202: {"description": "The job that removes them", "content": JOB, "links": TO_JOB},
        **described(*BAD_BODY, HTTPStatus.NOT_FOUND),
    },
    response_class=Response,
)
async def unlearn(config_id: str, document: Body, state: State, caller: CurrentCaller) -> Response:
    """Remove values from baselines: those of an incident, or all before a change.

    The affected series are learned again from the metrics topics, without these values.
    """
    editor = Editor(state, caller, of_groups=False)
    config = editor.find(await run_in_threadpool(editor.current), config_id).config
    caller.check_change(config)
    assert isinstance(config, AnomalyDetectionConfig)
    asked = document_of(document, UnlearnDocument, "request")
    if asked.metric is not None and not matches(config, Series.of(asked.metric, asked.labels)):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The config does not watch this series: give all of its labels."
        )
    of_alert = asked.alert_id or asked.before_alert_id
    if of_alert is not None and state.history is not None:  # without a history, the job reads the topic
        await run_in_threadpool(_check_alert, state, caller, config_id, of_alert)
    task = UnlearnTask(
        job_id=secrets.token_hex(16),
        config_id=config_id,
        author=caller.id,
        alert_id=of_alert,
        before=asked.before_alert_id is not None,
        begin=asked.begin,
        end=asked.to,
        metric=asked.metric,
        labels=asked.labels,
        learn_from=asked.learn_from,
    )
    job = await job_runner(state).start(config, caller.id, task)
    record_action(caller, "unlearn", config_id, before=None, after=asked.model_dump(exclude_unset=True))
    return job_answer(job, HTTPStatus.ACCEPTED)


def _check_alert(state: ApiState, caller: Caller, config_id: str, alert_id: str) -> None:
    """Raises ProblemError: the caller sees no such alert, it is another config's, or it is not on values."""
    alert = decode_alert(alert_of(state, caller, alert_id).body.encode())
    cause = why_not_learned(alert)
    if alert.config_id != config_id:
        cause = f"alert {alert_id} is one of config {alert.config_id}"
    if cause is not None:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{cause[0].upper()}{cause[1:]}.")
