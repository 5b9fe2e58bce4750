"""Component schemas of what previews, jobs and the history take and answer."""

import json
from importlib import resources
from typing import Any

import msgspec

from anomaly_stream.api.alert_answers import AlertAnswer, AlertPage, AnomalyPage, PrecisionAnswer
from anomaly_stream.kafka.jobs_topic import Job
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.report.preview import Preview

_TYPES = (Preview, Job, AlertPage, AlertAnswer, AnomalyPage, PrecisionAnswer, Feedback)


def task_schemas(prefix: str) -> dict[str, Any]:
    """The schemas by name; ``prefix`` of their references."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template=prefix + "{name}")
    text = (resources.files("anomaly_stream") / "schema" / "observation.json").read_text(encoding="utf-8")
    observation = json.loads(text)["$defs"]["observation"]
    return {**schemas, "Observation": observation}
