"""The JSON Schemas of configs, generated from the models that validate them."""

import json
from collections.abc import Collection
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.group_document import GroupDocument

# The names of the files in ``anomaly_stream/schema``.
FILE_NAME = "anomaly-detection-config.json"
GROUP_FILE_NAME = "group-config.json"


class _Untitled(GenerateJsonSchema):
    """Pydantic's generator without titles of fields, which only repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def config_schema(detectors: Collection[str]) -> str:
    """The text of the schema of a config; ``detectors`` are the names of all detectors."""
    return _text(ConfigDocument, FILE_NAME, detectors)


def group_schema(detectors: Collection[str]) -> str:
    """The text of the schema of a group; ``detectors`` are the names of all detectors of groups."""
    return _text(GroupDocument, GROUP_FILE_NAME, detectors)


def _text(model: type[BaseModel], name: str, detectors: Collection[str]) -> str:
    schema = model.model_json_schema(schema_generator=_Untitled)
    schema["properties"]["detectors"]["items"]["enum"] = sorted(detectors)
    schema["properties"]["detectors"]["uniqueItems"] = True
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name}
    return json.dumps({**head, **schema}, indent=2) + "\n"
