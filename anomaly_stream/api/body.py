"""The body of a request as a document: JSON, read as strictly as the files of the command line."""

import json
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from anomaly_stream.api.problems import ProblemError
from anomaly_stream.registry.faults import field_faults
from anomaly_stream.registry.yaml_json import load_text

Document = TypeVar("Document", bound=BaseModel)


async def json_body(request: Request) -> object:
    """The JSON value of the body; a key that occurs twice is an error.

    Raises:
        ProblemError: 415 if it is not sent as JSON, 400 if it is not JSON.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body is {media_type or 'of no declared type'}: send JSON, "
            "with the header Content-Type: application/json.",
        )
    try:
        document = load_text((await request.body()).decode(), "body.json")[0]
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}.") from None
    return document


BAD_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
"""Errors that any route with a body can answer."""

Body = Annotated[Any, Depends(json_body)]


def document_of(document: object, model: type[Document], name: str) -> Document:
    """``document`` as a ``model``. Raises ProblemError (422) with all faults."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"The {name} is invalid.", field_faults(error, model, whole=name)
        ) from None


def request_body(schema: str, example: object, media_type: str = "application/json") -> dict[str, Any]:
    """The ``openapi_extra`` of a route with a body of this component schema."""
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
