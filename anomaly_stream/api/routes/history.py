"""Histories of configs, and the jobs that load them."""

import secrets
import zoneinfo
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from anomaly_stream.api.body import BAD_BODY
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.changes import Editor, job_id_of
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.routes.resource import IdempotencyKey
from anomaly_stream.api.state import ApiState, JobRunner, State
from anomaly_stream.api.tasks.messages import LoadTask, encode
from anomaly_stream.api.uploads import spool
from anomaly_stream.intake.options import AUTO, CSV, PARQUET
from anomaly_stream.kafka.jobs_topic import Job
from anomaly_stream.model import AnomalyDetectionConfig

router = APIRouter()

_FORMATS = {
    "application/x-ndjson": "json",
    "application/jsonl": "json",
    "text/csv": CSV,
    "application/vnd.apache.parquet": PARQUET,
}
_BINARY = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
TO_JOB = {"job": {"operationId": "read_job", "parameters": {"job_id": "$response.body#/id"}}}
JOB = {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}


def job_answer(job: Job, status: HTTPStatus) -> Response:
    """The answer with a job, and where it is read."""
    return Response(encode(job), status, {"Location": f"/v1/jobs/{job.id}"}, "application/json")


@router.post(
    "/configs/{config_id:id}/history",
    tags=["history"],
    name="load_history",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": dict.fromkeys((*_FORMATS, "application/octet-stream"), _BINARY),
        }
    },
    responses={
        202: {"description": "The job that loads it", "content": JOB, "links": TO_JOB},
        **described(*BAD_BODY, HTTPStatus.NOT_FOUND),
    },
    response_class=Response,
)
async def load_history(
    config_id: str,
    request: Request,
    state: State,
    caller: CurrentCaller,
    metric: Annotated[str | None, Query(description="Metric of rows that do not name one.")] = None,
    timestamp_column: Annotated[str | None, Query(description="Column of times.")] = None,
    value_column: Annotated[str | None, Query(description="Column of values.")] = None,
    label_column: Annotated[list[str] | None, Query(description="Columns that are labels.")] = None,
    wide: Annotated[bool, Query(description="Every numeric column is a metric.")] = False,
    timestamp_format: Annotated[str | None, Query(description="Format of text timestamps.")] = None,
    timezone: Annotated[str, Query(description="Time zone of timestamps that do not name one.")] = "UTC",
    encoding: Annotated[str | None, Query(description="Encoding of text, if not UTF-8 or UTF-16.")] = None,
    decimal: Annotated[Literal[".", ","] | None, Query(description="Decimal mark.")] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Load the past of a config's series: JSON lines, CSV or Parquet, compressed or not.

    The baselines are published together at the end; workers take them at the next value of each series.
    """
    editor = Editor(state, caller, of_groups=False)
    record = editor.find(await run_in_threadpool(editor.current), config_id)
    caller.check_change(record.config)
    assert isinstance(record.config, AnomalyDetectionConfig)
    job_id = None if idempotency_key is None else job_id_of(caller, idempotency_key, config_id)
    earlier = None if job_id is None else await run_in_threadpool(job_runner(state).find, job_id)
    if earlier is not None and earlier.state in ("running", "done"):  # the server discards the body
        return job_answer(earlier, HTTPStatus.ACCEPTED)
    job_runner(state).check_room()
    options: dict[str, Any] = {
        "format": _format_of(request),
        "metric": metric,
        "timestamp_column": timestamp_column,
        "value_column": value_column,
        "label_columns": label_column or [],
        "wide": wide,
        "timestamp_format": timestamp_format,
        "timezone": _checked_zone(timezone),
        "encoding": encoding,
        "decimal": decimal,
    }
    settings = state.settings
    history = await spool(request, settings.data_dir / settings.app_id, settings.api.history_max_bytes)
    try:
        if not history.read(1):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The body is empty: send observations.")
        history.seek(0)
        task = LoadTask(
            job_id=job_id or secrets.token_hex(16),
            config_id=config_id,
            file=history.fileno(),
            options=options,
        )
        job = await job_runner(state).start(record.config, caller.id, task, history)
    except BaseException:
        history.close()
        raise
    return job_answer(job, HTTPStatus.ACCEPTED)


@router.get(
    "/jobs/{job_id}",
    tags=["history"],
    name="read_job",
    responses={
        200: {"description": "How far the job has come", "content": JOB},
        **described(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
    response_class=Response,
)
def read_job(job_id: str, state: State, caller: CurrentCaller) -> Response:
    """Read how far a job has come, whichever server runs it."""
    job = job_runner(state).find(job_id)
    if job is None or not caller.may_read(job.owner):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no job {job_id!r}.")
    return job_answer(job, HTTPStatus.OK)


def job_runner(state: ApiState) -> JobRunner:
    """Runs the jobs of this server. Raises ProblemError (503)."""
    if state.jobs is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "This server loads no histories.")
    return state.jobs


def _format_of(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _FORMATS.get(media_type, AUTO)


def _checked_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"timezone: there is no time zone {name!r}."
        ) from None
    return name
