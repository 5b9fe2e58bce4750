"""Real bytes against the schema files, and the AsyncAPI document against the files that it references."""

import json
import random
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.formats.event_schema import event_schemas
from anomaly_stream.formats.outcomes import decode_alert, decode_score, encode
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import (
    AlertEvent,
    FaultReason,
    ScoreRecord,
    Series,
    Severity,
    Status,
    Transition,
)
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand
from anomaly_stream.model.reasons import REASONS, WITHDRAWALS
from anomaly_stream.registry.series_command import encode_command
from anomaly_stream.settings import Settings
from tests.alerts.outcomes import LARGEST, Row, Scene
from tests.alerts.test_events import LEARNING
from tests.formats.columns import KAFKA_MS
from tests.formats.messages import message
from tests.formats.reference import read_reference
from tests.formats.rubbish import RUBBISH

SCHEMA = files("anomaly_stream") / "schema"
NAMES = sorted(entry.name for entry in SCHEMA.iterdir() if entry.name.endswith(".json"))


def load(name: str) -> Any:
    return json.loads((SCHEMA / name).read_text())


def validator(name: str) -> Draft202012Validator:
    registry = Registry().with_resources((other, Resource.from_contents(load(other))) for other in NAMES)
    return Draft202012Validator(load(name), registry=registry)


@pytest.mark.parametrize("name", NAMES)
def test_is_a_schema(name: str) -> None:
    schema = load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]


def test_good_observations_fit() -> None:
    rng = random.Random(21)
    observation = validator("observation.json")
    good = [m for m in (message(rng) for _ in range(3000)) if read_reference(m, KAFKA_MS) is not None]
    for one in good:
        assert observation.is_valid(json.loads(one)), one


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_does_not_fit(kind: str) -> None:
    """Kinds that a schema can see: JSON all the same, within what code points and a calendar can say."""
    observation = validator("observation.json")
    rng = random.Random(kind)
    beyond = (
        "\\ud800",
        "\\udc00",
        "é",
        "2024-02-30",
        "24:00",
        "T00:00:00+24",
        "1969",
        "2200",
        "[" * 60,
        "1e999",
        "NaN",
    )
    for _ in range(30):
        bad = RUBBISH[kind][0](rng)
        try:
            text = (bad or b"").decode()
            document = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if not any(part in text for part in beyond) and len(text) < 1000:
            assert not observation.is_valid(document), bad


def rows() -> list[Row]:
    resolved = Row(status=Status.NORMAL, severity=Severity.NONE, transition=Transition.RESOLVED, score=0.0)
    return [Row(), Row(lower=-LARGEST), Row(upper=LARGEST, transition=Transition.UPDATED), resolved, LEARNING]


def test_score_records_fit() -> None:
    schema = validator("score-record.json")
    published = score_records(*Scene(rows()).arguments())
    assert len(published) == 5
    for _, record in published:
        schema.validate(json.loads(encode(record)))


def test_alert_events_fit() -> None:
    schema = validator("alert-event.json")
    published = alert_events(*Scene(rows()).arguments())
    assert len(published) == 4
    for _, event in published:
        schema.validate(json.loads(encode(event)))


EVENTS = {
    "score-record.json": encode(score_records(*Scene([Row()]).arguments())[0][1]),
    "alert-event.json": encode(alert_events(*Scene([Row()]).arguments())[0][1]),
}
LEFT_OUT = {"score-record.json": ("group", "alert_threshold", "known_since"), "alert-event.json": ("group",)}
"""The examples are neither of a group nor known, and their config has a threshold of its own."""
TYPES: dict[str, type[msgspec.Struct]] = {"score-record.json": ScoreRecord, "alert-event.json": AlertEvent}


@pytest.mark.parametrize("name", EVENTS)
def test_every_field_is_described_and_required(name: str) -> None:
    schema, document = load(name), json.loads(EVENTS[name])
    optional = {field.name for field in msgspec.structs.fields(TYPES[name]) if not field.required}
    assert set(schema["properties"]) == {*document, *LEFT_OUT[name]}
    assert set(schema["required"]) == set(document) - optional
    assert list(schema["properties"])[: len(schema["required"])] == schema["required"], (
        "added fields come last"
    )
    for field in schema["required"]:
        assert not validator(name).is_valid({k: v for k, v in document.items() if k != field})
    for definition in (schema, *schema["$defs"].values()):
        assert definition["description"]
        for described in definition["properties"].values():
            assert "description" in described or "$ref" in described


@pytest.mark.parametrize("name", EVENTS)
def test_fields_may_be_added_anywhere(name: str) -> None:
    document = json.loads(EVENTS[name])
    for part in (document, document["source"], *document["detectors"].values(), document.get("episode", {})):
        part["added_later"] = {"anything": [1]}
    validator(name).validate(document)
    decode = decode_score if name == "score-record.json" else decode_alert
    assert decode(json.dumps(document).encode()) == decode(EVENTS[name])


def test_every_reason_is_explained_where_it_is_used() -> None:
    for name in EVENTS:
        description = load(name)["properties"]["reason"]["description"]
        assert all(f"`{reason.name}`: {reason.meaning}" in description for reason in (*REASONS, *WITHDRAWALS))


@pytest.mark.parametrize("name", event_schemas())
def test_the_schema_file_is_generated_from_the_type(name: str) -> None:
    assert (SCHEMA / name).read_text(encoding="utf-8") == event_schemas()[name]


def test_a_series_command_fits_its_schema() -> None:
    command = SeriesCommand(
        kind=CommandKind.RESET,
        config_id="flow",
        series=Series.of("flow", {"unit": "a"}),
        author="ann",
        issued_at_ms=17,
    )
    taught = msgspec.structs.replace(command, kind=CommandKind.TEACH, known=KnownDeviation("above", 2.5))
    for one in (command, taught):
        validator("series-command.json").validate(json.loads(encode_command(one)[1]))


def test_dead_letter_reasons_are_all_listed() -> None:
    assert load("dead-letter-headers.json")["properties"]["reason"]["enum"] == [
        reason.value for reason in FaultReason
    ]


def asyncapi() -> Any:
    return yaml.safe_load((SCHEMA / "asyncapi.yaml").read_text())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from references(child)


def test_references_resolve() -> None:
    documents = {"asyncapi.yaml": asyncapi(), **{name: load(name) for name in NAMES}}
    found = 0
    for name, document in documents.items():
        for reference in references(document):
            target, _, pointer = reference.partition("#")
            node = documents[target.removeprefix("./") or name]
            for part in filter(None, pointer.split("/")):
                node = node[part]
            found += 1
    assert found > 20


def test_asyncapi_names_every_topic_and_uses_every_message() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    names = TopicNames.of(Settings())
    assert {channel["address"] for channel in document["channels"].values()} == {
        *names.metrics,
        names.configs,
        names.alerts,
        names.scores,
        names.groups,
        names.dead_letter,
        names.status,
        names.baselines,
        names.jobs,
        names.feedback,
        names.silences,
        names.changelog,
    }
    used = set(references(document["channels"]))
    assert used == {f"#/components/messages/{name}" for name in document["components"]["messages"]}
    channels = {operation["channel"]["$ref"] for operation in document["operations"].values()}
    assert channels == {f"#/channels/{name}" for name in document["channels"]}


def test_examples_fit() -> None:
    (one, array) = asyncapi()["components"]["messages"]["observation"]["examples"]
    for example in (one, array):
        validator("observation.json").validate(example["payload"])
