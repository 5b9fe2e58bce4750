"""A change of the configs in force is described: its author, its fields, whether baselines restart."""

import json
from functools import partial
from typing import Any

import pytest

from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import SeverityBands
from anomaly_stream.pipeline.restarts import restarting_fields
from anomaly_stream.registry.changes import config_changes
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings

CONTEXT = config_context(Settings())
GROUP: dict[str, Any] = {"id": "g", "members": {"a": {"metric": "a"}, "b": {"metric": "b"}}, "interval": "1m"}


def registry(*documents: dict[str, Any], author: str = "ann", before: Registry | None = None) -> Registry:
    """The documents in force, as versions after those of ``before``."""

    known, made = before or Registry(CONTEXT), Registry(CONTEXT)
    for parsed in parse_document(json.dumps(list(documents)), "test", CONTEXT):
        record = known.revise(parsed, author, 0) or known.records[parsed.config.id]
        made = made.with_record(record)
    return made


def described(before: Registry, after: Registry, **deleted_by: str) -> list[str]:
    restarts = partial(restarting_fields, bands=SeverityBands())
    return list(config_changes(before, after, restarts, deleted_by))


def test_creation_and_deletion() -> None:
    empty, one = Registry(CONTEXT), registry({"id": "flow", "metric": "flow"})
    assert described(empty, one) == ["Config 'flow' was created by ann, version 1"]
    assert described(one, empty, flow="bob") == ["Config 'flow' was deleted by bob, with its baselines"]
    assert described(one, empty) == ["Config 'flow' was deleted, with its baselines"]


def test_unchanged_series_are_not_logged() -> None:
    one = registry({"id": "flow", "metric": "flow"})
    assert described(one, registry({"id": "flow", "metric": "flow"}, before=one)) == []


@pytest.mark.parametrize(
    ("before", "after", "fields", "baselines"),
    [
        ({}, {"alert_threshold": 70}, "alert_threshold (default) -> 70", "continue"),
        ({"owner": "a"}, {"owner": "b"}, 'owner "a" -> "b"', "continue"),
        (
            {"baseline_period": "1d"},
            {},
            'baseline_period "1d" -> (default)',
            "restart because of baseline_period",
        ),
        (
            {"detectors": ["zscore"]},
            {"detectors": ["zscore", "cusum"]},
            'detectors ["zscore"] -> ["zscore","cusum"]',
            "restart because of detectors",
        ),
    ],
)
def test_a_change_names_author_fields_and_baselines(
    before: dict[str, Any], after: dict[str, Any], fields: str, baselines: str
) -> None:
    base = {"id": "flow", "metric": "flow"}
    old = registry({**base, **before})
    new = registry({**base, **after}, author="bob", before=old)
    assert described(old, new) == [
        f"Config 'flow' was changed by bob, version 1 -> 2: {fields}; its baselines {baselines}"
    ]


def test_a_group_restarts_with_its_interval_and_not_with_its_owner() -> None:
    old = registry(GROUP)
    (same,) = described(old, registry({**GROUP, "owner": "me"}, before=old))
    (other,) = described(old, registry({**GROUP, "interval": "30s"}, before=old))
    assert same.endswith('owner (default) -> "me"; its baselines continue')
    assert other.endswith('interval "1m" -> "30s"; its baselines restart because of interval')


def test_a_long_value_is_cut() -> None:
    old = registry({"id": "flow", "metric": "flow"})
    new = registry({"id": "flow", "metric": "flow", "annotations": {"text": "x" * 1000}}, before=old)
    (line,) = described(old, new)
    assert len(line) < 300
    assert "..." in line
