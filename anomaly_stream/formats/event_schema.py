"""The JSON Schemas of alert events, score and status records, series commands, feedback and silences, made
from their types.

Consumers must accept unknown fields, so no schema forbids additional properties. A field is required if every
record has it.
"""

import json
from typing import Any

import msgspec

from anomaly_stream.model import AlertEvent, ScoreRecord
from anomaly_stream.model.commands import CommandRecord
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.model.status import PartitionStatus

_DEFS = "#/$defs/{name}"


def event_schemas() -> dict[str, str]:
    """The text of each schema, by its file's name in ``anomaly_stream/schema``."""
    types: dict[str, type[msgspec.Struct]] = {
        "alert-event.json": AlertEvent,
        "score-record.json": ScoreRecord,
        "partition-status.json": PartitionStatus,
        "series-command.json": CommandRecord,
        "feedback.json": Feedback,
        "silence.json": SilenceRecord,
    }
    return {name: _text(name, kind) for name, kind in types.items()}


def _text(name: str, kind: type[msgspec.Struct]) -> str:
    _, definitions = msgspec.json.schema_components([kind], ref_template=_DEFS)
    root: dict[str, Any] = definitions.pop(kind.__name__)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name}
    document = {**head, **root, "$defs": definitions}
    return json.dumps(_one_line(document), indent=2, ensure_ascii=False) + "\n"


def _one_line(node: Any) -> Any:
    """The same document with each description on one line, as docstrings are not."""
    if isinstance(node, dict):
        return {
            key: " ".join(value.split())
            if key == "description" and isinstance(value, str)
            else _one_line(value)
            for key, value in node.items()
        }
    return [_one_line(one) for one in node] if isinstance(node, list) else node
