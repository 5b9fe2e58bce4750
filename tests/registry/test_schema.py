import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.errors import ConfigError
from anomaly_stream.groups.detectors.registry import NAMES as GROUP_NAMES
from anomaly_stream.registry.parsing import parse_config, parse_document
from anomaly_stream.registry.schema import FILE_NAME, GROUP_FILE_NAME, config_schema, group_schema
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.registry.yaml_json import load_text
from anomaly_stream.settings import load_settings

ROOT = Path(__file__).parents[2]
CONTEXT = ValidationContext(NAMES, group_detectors=GROUP_NAMES)
VALIDATOR = Draft202012Validator(json.loads(config_schema(NAMES)))
GROUP_VALIDATOR = Draft202012Validator(json.loads(group_schema(GROUP_NAMES)))
EXAMPLES = sorted(path for path in (ROOT / "configs").glob("*.yaml") if path.name != "settings.yaml")


def test_the_schema_file_is_current() -> None:
    schemas = ROOT / "anomaly_stream" / "schema"
    assert (schemas / FILE_NAME).read_text() == config_schema(NAMES)
    assert (schemas / GROUP_FILE_NAME).read_text() == group_schema(GROUP_NAMES)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(config_schema(NAMES)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid(path: Path) -> None:
    assert parse_document(path.read_text(), path.name, CONTEXT)
    for document in load_text(path.read_text(), path.name):
        assert isinstance(document, dict)
        for config in document.get("configs", [document]):
            (GROUP_VALIDATOR if "members" in config else VALIDATOR).validate(config)


def test_the_example_of_settings_is_valid() -> None:
    settings = load_settings(ROOT / "configs" / "settings.yaml", {})
    assert settings.app_id == "staging-anomaly-stream"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"metrik": "x"},
        {"baseline_period": "7d"},
        {"baseline_period": 60},
        {"baseline_period": []},
        {"sensitivity": "medium"},
        {"sensitivity": 2},
        {"sensitivity": "loud"},
        {"alert_threshold": "severe"},
        {"alert_threshold": 101},
        {"detectors": ["zscore"]},
        {"detectors": []},
        {"detectors": ["zscor"]},
        {"detectors": ["iqr", "iqr"]},
        {"min_deviation": 3},
        {"min_deviation": {"relative": 0.1}},
        {"min_deviation": {"relativ": 0.1}},
        {"min_deviation": {"relative": -0.1}},
        {"match": {"a": "b", "c": ["=~d", "!=e"]}},
        {"match": {"a": 1}},
        {"match": []},
        {"seasonality": "none"},
        {"seasonality": "daily"},
        {"seasonality": ["daily", "weekly"]},
        {"seasonality": "hourly"},
        {"seasonality": "daily", "holidays": {"country": "DE", "treat": "skip"}},
        {"seasonality": "daily", "holidays": {"treat": "ignore"}},
        {"adapt": "fast"},
        {"adapt": "quick"},
        {"window_points": 7},
        {"labels": {"a": 1}},
        {"publish": "all"},
        {"publish": "some"},
        {"id": "a b"},
    ],
)
def test_schema_and_parser_agree(fields: dict[str, Any]) -> None:
    document = {"metric": "m", **fields}
    try:
        parse_config(document, CONTEXT)
    except ConfigError:
        assert not VALIDATOR.is_valid(document)
    else:
        VALIDATOR.validate(document)
