"""Component schemas of what previews, jobs and the history take and answer."""

import json
from importlib import resources
from typing import Any

import msgspec

from anomaly_stream.api.alert_answers import (
    AlertAnswer,
    AlertPage,
    AnomalyPage,
    FeedbackReceipt,
    IncidentAnswer,
    IncidentPage,
    PrecisionAnswer,
)
from anomaly_stream.kafka.jobs_topic import Job
from anomaly_stream.report.preview import Preview

_TYPES = (
    *(Preview, Job, FeedbackReceipt, PrecisionAnswer),
    *(AlertPage, AlertAnswer, AnomalyPage, IncidentPage, IncidentAnswer),
)

JSON = "application/json"


def answers(schema: str, description: str) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers with the component ``schema``, which it encodes itself."""
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {200: {"description": description, "content": content}}


def task_schemas(prefix: str) -> dict[str, Any]:
    """The schemas by name; ``prefix`` of their references."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template=prefix + "{name}")
    text = (resources.files("anomaly_stream") / "schema" / "observation.json").read_text(encoding="utf-8")
    observation = json.loads(text)["$defs"]["observation"]
    return {**schemas, "Observation": observation}
