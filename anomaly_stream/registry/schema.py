"""The JSON Schema of a config, generated from the model that validates it."""

import json
from collections.abc import Collection
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from anomaly_stream.registry.document import ConfigDocument

#: The file's name in ``anomaly_stream/schema``.
FILE_NAME = "anomaly-detection-config.json"


class _Untitled(GenerateJsonSchema):
    """Pydantic's generator, but fields get no title: it only repeats the name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def config_schema(detectors: Collection[str]) -> str:
    """The text of the schema file, where ``detectors`` are the names there are."""
    schema = ConfigDocument.model_json_schema(schema_generator=_Untitled)
    schema["properties"]["detectors"]["items"]["enum"] = sorted(detectors)
    schema["properties"]["detectors"]["uniqueItems"] = True
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FILE_NAME}
    return json.dumps({**head, **schema}, indent=2) + "\n"
