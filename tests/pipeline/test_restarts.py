"""The fields that restart baselines, against the shapes of the plan."""

from typing import Any

import pytest

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.pipeline.restarts import restarting_fields
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings

CONTEXT = config_context(Settings())
WINDOW = {"metric": "m", "detectors": ["zscore"]}
GROUP = {"id": "g", "members": {"a": "x", "b": "y"}}
CHANGES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    (WINDOW, {"sensitivity": "high", "publish": "all", "labels": {"a": "b"}, "owner": "o"}, ()),
    (WINDOW, {"metric": "other", "match": {"a": "b"}}, ()),
    (WINDOW, {"baseline_period": "3d", "sensitivity": "low"}, ("baseline_period",)),
    (WINDOW, {"window_points": 100, "baseline_period": "3d"}, ("baseline_period", "window_points")),
    (WINDOW, {"metric_type": "counter"}, ("metric_type",)),
    (WINDOW, {"seasonality": "daily"}, ("seasonality",)),
    (WINDOW, {"detectors": ["zscore", "iqr"]}, ()),
    (WINDOW, {"detectors": ["auto"]}, ("detectors",)),
    ({"metric": "m"}, {"baseline_period": "7d"}, ()),
    (GROUP, {"sensitivity": "high"}, ()),
    (GROUP, {"interval": "20s"}, ("interval",)),
    (GROUP, {"members": {"a": "x", "c": "y"}}, ("members",)),
]


@pytest.mark.parametrize(("document", "change", "fields"), CHANGES)
def test_the_fields_that_restart_baselines(
    document: dict[str, Any], change: dict[str, Any], fields: tuple[str, ...]
) -> None:
    before = parse_config(document, CONTEXT)
    after = parse_config({**document, **change}, CONTEXT)
    assert restarting_fields(before, after, CONTEXT.bands) == fields
    assert restarting_fields(after, before, CONTEXT.bands) == fields
    if "members" not in document:
        shapes = [compile_plan([config], CONTEXT.bands).shape(0) for config in (before, after)]  # type: ignore[list-item]
        assert (shapes[0] != shapes[1]) == bool(fields)


def test_a_group_in_place_of_a_config() -> None:
    before, after = parse_config({**WINDOW, "id": "g"}, CONTEXT), parse_config(GROUP, CONTEXT)
    assert restarting_fields(before, after, CONTEXT.bands) == ("members",)
