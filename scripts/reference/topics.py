"""The page of topics and events, from the JSON Schema files in the package."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anomaly_stream.formats.event_schema import event_schemas
from anomaly_stream.model.reasons import REASONS, WITHDRAWALS
from scripts.reference.tables import NOTE, code, table

SCHEMAS = Path(__file__).resolve().parents[2] / "anomaly_stream" / "schema"

_INTRODUCTION = (
    "The names are defaults. [Settings](settings.md#topics) can change each of them, and `namespace`",
    "prefixes all of them: `staging-metrics`. `anomaly-stream topics create` creates the topics.",
)
_SCHEMA_FILES = (
    "The JSON Schema files are in the package, in `anomaly_stream/schema`, with an AsyncAPI document for all",
    "topics. A consumer should ignore fields that it does not know.",
)
_REASONS = (
    "The field `reason` of alert events and score records names what was found. It is null for an",
    "observation that is not an anomaly. The last reasons are those of alerts that a change of their config",
    "resolved. Later releases may add reasons.",
)
_REASON = "What was found: one of the [reasons](#reasons). Null for an observation that is not an anomaly."
_TOPICS = (
    (
        "`metrics`, one or more",
        "the series, or anything that a series never changes",
        "[observations](#observations)",
        "a series must stay on one partition",
    ),
    (
        "`anomaly-configs`",
        "config id; of a command, the command, config id and series",
        "[config records](#config-records), [series commands](#series-commands)",
        "compacted; a null value deletes the config",
    ),
    (
        "`anomaly-alerts`",
        "the alert's fingerprint",
        "[alert events](#alert-events)",
        "at least once; drop a second copy by `event_id`",
    ),
    (
        "`anomaly-scores`",
        "the series",
        "[score records](#score-records)",
        "every anomaly; every observation with `publish: all`; nothing with `publish: none`",
    ),
    (
        "`anomaly-dead-letter`",
        "unchanged",
        "the original bytes",
        "[headers](#dead-letters) say what is wrong",
    ),
    (
        "`anomaly-status`",
        "number of a partition",
        "[status records](#status-records)",
        "compacted, and records of more than an hour ago are deleted; one partition",
    ),
    (
        "`anomaly-api-tokens`",
        "prefix of a token",
        "internal",
        "compacted; hashes of API tokens, which only the API and `anomaly-stream tokens` use",
    ),
    (
        "`anomaly-baselines`",
        "row",
        "internal",
        "compacted; baselines of [loaded histories](load-history.md), written in transactions",
    ),
    ("`anomaly-jobs`", "job id", "internal", "compacted; progress of loads"),
    (
        "`anomaly-feedback`",
        "alert id",
        "[feedback](#feedback)",
        "compacted; the newest of an alert counts; one partition",
    ),
    (
        "`anomaly-silences`",
        "id of a silence",
        "[silences](#silences)",
        "compacted; one partition",
    ),
    ("`anomaly-groups`", "instance of a group", "internal", "only workers read and write it"),
    (
        "`anomaly-stream-state-changelog`",
        "state record",
        "internal",
        "compacted; only workers read and write it",
    ),
)
_SECTIONS = (
    ("Observations", "observation.json", "observation"),
    ("Alert events", "alert-event.json", ""),
    ("Score records", "score-record.json", ""),
    ("Config records", "config-record.json", ""),
    ("Series commands", "series-command.json", ""),
    ("Status records", "partition-status.json", ""),
    ("Feedback", "feedback.json", ""),
    ("Silences", "silence.json", ""),
    ("Dead letters", "dead-letter-headers.json", ""),
)
"""Heading, file, and the definition in it whose fields are listed (empty: the file's own)."""


def topics_page() -> str:
    """The topics, and the fields of every message that is not internal."""
    topics = table(("topic", "key", "value", "notes"), _TOPICS)
    lines = ["# Topics and events", "", NOTE, "", *_INTRODUCTION, "", *topics, "", *_SCHEMA_FILES]
    for heading, name, definition in _SECTIONS:
        text = event_schemas().get(name) or (SCHEMAS / name).read_text(encoding="utf-8")
        schema = json.loads(text)
        fields = schema["$defs"][definition] if definition else schema
        lines += ["", f"## {heading}", "", schema["description"], "", f"Schema: `{name}`.", ""]
        lines += table(("field", "type", "meaning"), _rows(fields, schema, ""))
    lines += ["", "## Reasons", "", *_REASONS, ""]
    reasons = ((code(reason.name), reason.meaning) for reason in (*REASONS, *WITHDRAWALS))
    lines += table(("reason", "meaning"), reasons)
    return "\n".join(lines) + "\n"


def _rows(node: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """A row for each field, and for those of nested objects; ``path`` is the prefix of the names."""
    required = node.get("required", ())
    for name, field in node["properties"].items():
        found = _resolved(field, schema)
        optional = "" if name in required else ", optional"
        meaning = _REASON if name == "reason" and REASONS[0].name in _meaning(found) else _meaning(found)
        yield code(path + name), _type(found, schema) + optional, meaning
        yield from _within(found, schema, path + name)


def _within(node: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    inner = _resolved(node.get("additionalProperties"), schema)
    items = _resolved(node.get("items"), schema)
    if "properties" in node:
        yield from _rows(node, schema, f"{path}.")
    elif "properties" in inner:
        yield from _rows(inner, schema, f"{path}.<name>.")
    elif "properties" in items:
        yield from _rows(items, schema, f"{path}[].")


def _resolved(node: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The node merged with the node that it refers to; its own entries win. Empty if there is none."""
    found: dict[str, Any] = node if isinstance(node, dict) else {}
    for union in (found.get("anyOf"), found.get("oneOf")):
        if any("#" not in each.get("$ref", "#") for each in union or ()):
            return {"type": "object", "description": "A document as in [config fields](configs.md)."}
        described = [_resolved(each, schema) for each in union or () if each != {"type": "null"}]
        if len(described) == 1:
            found = {**described[0], **found, "nullable": True}
    if not str(found.get("$ref", "")).startswith("#"):
        return found
    return {**schema["$defs"][found["$ref"].rpartition("/")[2]], **found}


def _type(node: dict[str, Any], schema: dict[str, Any]) -> str:
    if "const" in node:
        return code(json.dumps(node["const"]))
    if "enum" in node:
        found = ", ".join(code(value) for value in node["enum"] if value is not None)
        node = {**node, "nullable": node.get("nullable") or None in node["enum"]}
    elif "oneOf" in node and not node.get("nullable"):
        found = " or ".join(_type(_resolved(each, schema), schema) for each in node["oneOf"])
    else:
        kinds = node.get("type", "object")
        found = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    return f"{found} or null" if node.get("nullable") else found


def _meaning(node: dict[str, Any]) -> str:
    return str(node.get("description", ""))
