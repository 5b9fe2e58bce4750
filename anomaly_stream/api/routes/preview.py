"""``POST /v1/configs:preview``: what a config would have done, before it is in force."""

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from anomaly_stream.api.body import BAD_BODY
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.changes import Editor
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.state import ApiState, PreviewRunner, State
from anomaly_stream.api.tasks.messages import NULL, PreviewTask
from anomaly_stream.api.uploads import read_body
from anomaly_stream.registry.value_parsers import parse_duration
from anomaly_stream.registry.yaml_json import load_text
from anomaly_stream.report.preview import MAX_POINTS

router = APIRouter(tags=["configs"])

_EXAMPLE = {
    "config": {"metric": "checkout_latency_ms", "match": {"env": "prod"}},
    "since": "2h",
}


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A config, and what to run it over: observations, or the recent past of the metrics topics."""

    config: msgspec.Raw
    observations: msgspec.Raw = NULL
    since: str | None = None
    points: int = MAX_POINTS


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["config"],
    "additionalProperties": False,
    "properties": {
        "config": {"$ref": "#/components/schemas/AnomalyDetectionConfig"},
        "observations": {
            "type": ["array", "null"],
            "items": {"$ref": "#/components/schemas/Observation"},
            "description": "Messages as of a metrics topic, in order of time for each series.",
        },
        "since": {
            "type": ["string", "null"],
            "description": "In place of `observations`: read the metrics topics from this long ago, such as "
            "`2h` or `7d`, up to a number of records and some time.",
        },
        "points": {
            "type": "integer",
            "minimum": 10,
            "maximum": 100_000,
            "description": "The most points of all series together in `series`.",
        },
    },
}


@router.post(
    "/configs:preview",
    name="preview_config",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _SCHEMA, "example": _EXAMPLE}},
        }
    },
    responses={
        200: {
            "description": "What the config would have done",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preview"}}},
        },
        **described(*BAD_BODY),
    },
    response_class=Response,
)
async def preview_config(request: Request, state: State, caller: CurrentCaller) -> Response:
    """Run a config over observations, or over the recent past of the metrics topics.

    The engine is that of the workers, so alerts are those that they would have raised.
    """
    content = await read_body(request, state.settings.api.preview_max_bytes)
    asked = _decoded(content)
    parsed = Editor(state, caller, of_groups=False).parse_unsaved(_config_of(asked))
    task = PreviewTask(
        config=dict(parsed.document),
        observations=asked.observations,
        since_ms=_since_ms(asked, state.clock()),
        limit=state.settings.api.preview_max_observations,
        seconds=state.settings.api.preview_timeout_s / 2,
        points=asked.points,
    )
    return Response(await _runner(state).run(task), media_type="application/json")


def _runner(state: ApiState) -> PreviewRunner:
    if state.previews is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "This server runs no previews.")
    return state.previews


def _decoded(content: bytes) -> PreviewRequest:
    try:
        asked = msgspec.json.decode(content, type=PreviewRequest)
        has_observations = bytes(asked.observations) != bytes(NULL)
        if has_observations:
            msgspec.json.decode(asked.observations, type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"The request is invalid: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}.") from None
    if has_observations == (asked.since is not None):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Give one of observations and since: what to run the config over.",
        )
    if not 10 <= asked.points <= 100_000:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "points must be 10 to 100,000.")
    return asked


def _config_of(asked: PreviewRequest) -> object:
    try:
        return load_text(bytes(asked.config).decode(), "config.json")[0]
    except (ValueError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"config is not JSON: {error}.") from None


def _since_ms(asked: PreviewRequest, now: float) -> int:
    if asked.since is None:
        return 0
    try:
        return int((now - parse_duration(asked.since)) * 1000)
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"since {error}.") from None
