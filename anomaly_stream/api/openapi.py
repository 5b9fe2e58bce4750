"""The OpenAPI document: FastAPI's, with the schemas of configs."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from anomaly_stream.api.answer_schemas import task_schemas
from anomaly_stream.api.problems import Fault, ProblemDetails
from anomaly_stream.api.routes.feedback import FeedbackDocument
from anomaly_stream.api.routes.tune import TuneDocument
from anomaly_stream.api.routes.unlearn import UnlearnDocument
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.groups.detectors.registry import NAMES as GROUP_DETECTORS
from anomaly_stream.registry.schema import config_schema, group_schema
from anomaly_stream.silences.document import SilenceDocument

_DOCUMENTS = (FeedbackDocument, SilenceDocument, TuneDocument, UnlearnDocument)
_COMPONENTS = "#/components/schemas/"
_MERGE_PATCH = {
    "type": "object",
    "title": "MergePatch",
    "description": "Fields to change; `null` removes a field (RFC 7396).",
}
_ROLLBACK = {
    "type": "object",
    "title": "Rollback",
    "required": ["version"],
    "properties": {
        "version": {"type": "integer", "minimum": 1, "description": "The version to put in force."}
    },
    "additionalProperties": False,
}


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        schemas |= {"MergePatch": _MERGE_PATCH, "Rollback": _ROLLBACK}
        schemas |= task_schemas(_COMPONENTS)
        for text in (config_schema(NAMES), group_schema(GROUP_DETECTORS)):
            _add(schemas, json.loads(text.replace("#/$defs/", _COMPONENTS)))
        for model in (
            ProblemDetails,
            Fault,
            FeedbackDocument,
            SilenceDocument,
            TuneDocument,
            UnlearnDocument,
        ):
            _add(schemas, model.model_json_schema(ref_template=_COMPONENTS + "{model}"))
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        app.openapi_schema = document
    return app.openapi_schema


def _add(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    """Add ``schema`` under its title, and what it defines."""
    schemas.update(schema.pop("$defs", {}))
    schemas[schema["title"]] = {key: value for key, value in schema.items() if not key.startswith("$")}
