from typing import Any, get_args

import pytest

from anomaly_stream.detectors.registry import NAMES, REGISTRY
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.errors import ConfigError
from anomaly_stream.model import AnomalyDetectionConfig, Direction, MetricType, SeverityBands
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.registry.presets import PRESETS
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(NAMES, kinds={detector.name: detector.kind for detector in REGISTRY})


def parse(**fields: Any) -> AnomalyDetectionConfig:
    return parse_config({"metric": "flow", **fields}, CONTEXT)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_gives_a_config_that_runs(name: str) -> None:
    compile_plan([parse(preset=name)], SeverityBands())
    assert set(PRESETS[name].fields) <= set(ConfigDocument.model_fields) - {"preset", "metric", "id"}


def test_the_field_knows_every_preset() -> None:
    names, none = get_args(ConfigDocument.model_fields["preset"].annotation)
    assert set(get_args(names)) == set(PRESETS)
    assert none is type(None)


def test_without_a_preset_a_config_has_the_defaults() -> None:
    assert parse(preset=None) == parse()


def test_a_preset_sets_defaults_and_explicit_fields_win() -> None:
    latency = parse(preset="latency")
    assert latency.min_deviation_relative == 0.1
    assert "rate_of_change" in latency.detectors
    assert parse(preset="utilisation").direction == Direction.ABOVE
    assert parse(preset="counter").metric_type == MetricType.COUNTER
    own = parse(preset="latency", direction="both", min_deviation=3, detectors=["iqr"])
    assert (own.direction, own.min_deviation, own.min_deviation_relative) == (Direction.BOTH, 3.0, 0.0)
    assert own.detectors == ("iqr",)


@pytest.mark.parametrize("name", ["speed", "Latency", "auto", 3])
def test_there_are_no_other_presets(name: object) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(preset=name)
    assert [fault.field for fault in caught.value.faults] == ["preset"]


def test_beside_a_season_the_default_is_detectors_that_it_reaches() -> None:
    assert parse(seasonality="daily").detectors == ("zscore", "modified_zscore", "iqr")
    assert parse(seasonality="daily", detectors=["ewma"]).detectors == ("ewma",)
    assert parse(seasonality="daily", preset="latency").detectors == parse(preset="latency").detectors
    assert parse(seasonality="none") == parse()


def test_no_season_reaches_a_model() -> None:
    with pytest.raises(ConfigError, match="'auto' finds day and week by itself") as caught:
        parse(preset="business", detectors=["auto"])
    assert [fault.field for fault in caught.value.faults] == ["seasonality"]
    assert parse(preset="business", detectors=["auto"], seasonality="none").seasonality == ()
