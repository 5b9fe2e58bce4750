import pytest

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.errors import ConfigError
from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.model.config import LabelMatcher
from tests.engine.inputs import config, plan_of


def test_configs_are_in_order_of_their_ids_and_matched_by_metric_and_labels() -> None:
    matcher = LabelMatcher("site", "=~", "A|B")
    plan = plan_of(
        config("c", metric="fl*", matchers=(matcher,)), config("a", metric="flow"), config("b", metric="x")
    )
    assert [one.id for one in plan.configs] == ["a", "b", "c"]
    assert plan.match(Series.of("flow", {"site": "A"})) == (0, 2)
    assert plan.match(Series.of("flow", {"site": "C"})) == (0,)
    assert plan.match(Series.of("flour", {"site": "B"})) == (2,)
    assert plan.match(Series.of("y")) == ()


def test_the_shape_has_only_fields_that_windows_depend_on() -> None:
    shape = plan_of(config()).shape(0)
    assert shape == plan_of(config(sensitivity_score=10.0, detectors=("iqr",), resolve_after=2)).shape(0)
    assert shape != plan_of(config(window_points=65)).shape(0)
    assert shape != plan_of(config(baseline_period_s=9.0)).shape(0)


def test_every_fault_is_reported_at_once() -> None:
    wrong = config("w", detectors=("nope",), seasonality=("lunar",), window_points=3)
    with pytest.raises(ConfigError) as caught:
        compile_plan([wrong, config("a"), config("a"), config("b", detectors=())], SeverityBands())
    assert [fault.field for fault in caught.value.faults] == [
        "b.detectors",
        "w.detectors",
        "w.seasonality",
        "w.window_points",
        "a.id",
    ]


def test_no_configs_make_a_plan_too() -> None:
    assert plan_of().match(Series.of("flow")) == ()
