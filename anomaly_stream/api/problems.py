"""Errors as problem details (RFC 9457): every answer that is an error has this form."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anomaly_stream.errors import AnomalyStreamError, ConfigError, FieldFault, HistoryError
from anomaly_stream.registry.faults import field_path, message_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = "5"


class Fault(BaseModel):
    """One fault of a request."""

    field: str = Field(description="The field, as in `configs[2].baseline_period`.")
    message: str = Field(description="What is wrong with it, and the cure.")


class ProblemDetails(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always `about:blank`: the status says the kind.")
    title: str = Field(description="The phrase of the status.")
    status: int
    detail: str = Field(description="What is wrong with this request, and the cure.")
    errors: list[Fault] = Field(default=[], description="All faults of a document, by field.")


class ProblemError(AnomalyStreamError):
    """A request is refused.

    Args:
        status: of the answer.
        detail: what is wrong, and the cure.
        faults: all faults of a document.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        faults: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers


def described(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that can fail with these statuses."""
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def problem_response(
    status: HTTPStatus,
    detail: str,
    faults: Iterable[FieldFault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer with the details of a problem."""
    errors = [Fault(field=fault.field, message=fault.message) for fault in faults]
    body = ProblemDetails(title=status.phrase, status=status, detail=detail, errors=errors)
    return JSONResponse(
        body.model_dump(exclude_defaults=True) | {"type": body.type}, status, headers, MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with problem details."""
    app.add_exception_handler(ProblemError, _of_problem)
    app.add_exception_handler(ConfigError, _of_config)
    app.add_exception_handler(AnomalyStreamError, _of_kafka)
    app.add_exception_handler(HistoryError, _of_history)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(Exception, _of_bug)


def _of_problem(_: Request, error: Exception) -> Response:
    problem = cast(ProblemError, error)
    return problem_response(problem.status, problem.detail, problem.faults, problem.headers)


def _of_config(_: Request, error: Exception) -> Response:
    faults = cast(ConfigError, error).faults
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "The config is invalid.", faults)


def _of_kafka(_: Request, error: Exception) -> Response:
    logger.error("A request failed: %s", error)
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Kafka cannot be reached, or refused: try again. The log of the server has the reason.",
        headers={"Retry-After": _RETRY_AFTER_S},
    )


def _of_history(_: Request, error: Exception) -> Response:
    logger.error("A request failed: %s", error)
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database of the history cannot be reached, or refused: try again. The log of the server has the "
        "reason.",
        headers={"Retry-After": _RETRY_AFTER_S},
    )


def _of_http(request: Request, error: Exception) -> Response:
    refused = cast(HTTPException, error)
    status = HTTPStatus(refused.status_code)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request)) or (refused.headers or {}).get("Allow", "")
        return problem_response(status, f"Allowed are {allowed}.", headers={"Allow": allowed})
    detail = refused.detail
    if detail == HTTPStatus.NOT_FOUND.phrase:
        detail = f"Nothing is at {request.url.path}: /docs lists the paths."
    return problem_response(status, detail, headers=refused.headers)


def _methods(request: Request) -> list[str]:
    """The methods of all operations of the path; the framework names those of the first one only."""
    for template, operations in request.app.openapi()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(template))
        if re.fullmatch(pattern, request.url.path):
            return sorted(method.upper() for method in operations)
    return []


def _of_request(_: Request, error: Exception) -> Response:
    faults = [
        FieldFault(field_path(each["loc"][1:]) if each["loc"][1:] else str(each["loc"][0]), message_of(each))
        for each in cast(RequestValidationError, error).errors()
    ]
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is invalid.", faults)


def _of_bug(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR, "An unexpected error; the log of the server has the reason."
    )
