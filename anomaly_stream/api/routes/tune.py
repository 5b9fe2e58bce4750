"""A change of a config, proposed by what people said of its alerts."""

import secrets
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from anomaly_stream.api.audit import record_action
from anomaly_stream.api.body import BAD_BODY, Body, document_of, request_body
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.changes import Editor
from anomaly_stream.api.problems import described
from anomaly_stream.api.routes.history import JOB, TO_JOB, job_answer, job_runner
from anomaly_stream.api.state import State
from anomaly_stream.api.tasks.messages import TuneTask
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.fields import Duration
from anomaly_stream.report.tuning import Objective

router = APIRouter(tags=["configs"])


class TuneDocument(BaseModel):
    """What a proposal is made from, and what is better."""

    model_config = ConfigDict(extra="forbid", strict=True)

    since: Duration = Field(
        default=7 * 86_400.0,
        description="Replay the metrics topics from this long ago, as in `14d`. Alerts with feedback count "
        "if they are raised again.",
    )
    objective: Objective = Field(
        default="keep-true",
        description="`keep-true`: fewer false alarms without the loss of a true alarm. `precision`: a higher "
        "lower end of the precision's interval.",
    )


@router.post(
    "/configs/{config_id:id}/tune",
    name="tune",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra=request_body("TuneDocument", {"since": "14d", "objective": "keep-true"}),
    responses={
        202: {"description": "The job that makes the proposal", "content": JOB, "links": TO_JOB},
        **described(*BAD_BODY, HTTPStatus.NOT_FOUND),
    },
    response_class=Response,
)
async def tune(config_id: str, document: Body, state: State, caller: CurrentCaller) -> Response:
    """Propose a change of a config that raises fewer false alarms, by the feedback on its alerts.

    Nothing changes: the job has the proposal once it is done, and its `document` can be put in force.
    """
    editor = Editor(state, caller, of_groups=False)
    config = editor.find(await run_in_threadpool(editor.current), config_id).config
    caller.check_change(config)
    assert isinstance(config, AnomalyDetectionConfig)
    asked = document_of(document, TuneDocument, "request")
    task = TuneTask(
        job_id=secrets.token_hex(16),
        config_id=config_id,
        since=state.clock() - asked.since,
        objective=asked.objective,
    )
    job = await job_runner(state).start(config, caller.id, task)
    record_action(caller, "tune", config_id, before=None, after=asked.model_dump())
    return job_answer(job, HTTPStatus.ACCEPTED)
