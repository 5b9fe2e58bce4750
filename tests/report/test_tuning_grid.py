"""The changes that are tried."""

import math

from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.model.config import Direction, MetricType
from anomaly_stream.report.trials import RaisedAlert
from anomaly_stream.report.tuning_grid import _rounded_up, changed, single_changes
from tests.engine.inputs import config


def false_alarm(deviation: float, expected: float) -> RaisedAlert:
    return RaisedAlert("flow", (), 0.0, 0.0, deviation, expected)


def test_thresholds_rise_and_stay_on_the_scale() -> None:
    found = list(single_changes(config(alert_score=80.0), []))
    assert [each["alert_threshold"] for each in found if "alert_threshold" in each] == [85, 90, 95, 100]


def test_least_deviations_exclude_a_share_of_the_false_alarms() -> None:
    alarms = [false_alarm(deviation, 50.0) for deviation in (1.0, 2.0, 3.0, 4.001)]
    subject = config(min_deviation=2.5, min_deviation_relative=0.07)
    found = [each["min_deviation"] for each in single_changes(subject, alarms) if "min_deviation" in each]
    assert found == [{"absolute": 4.1, "relative": 0.07}, {"absolute": 2.5, "relative": 0.081}]
    flat = list(single_changes(config(), [false_alarm(0.0, 0.0)]))
    assert not [each for each in flat if "min_deviation" in each]


def test_a_side_is_chosen_once_and_the_kind_of_metric_stays() -> None:
    found = list(single_changes(config(direction=Direction.ABOVE, metric_type=MetricType.COUNTER), []))
    assert not [each for each in found if "direction" in each]
    assert [each["preset"] for each in found if "preset" in each] == ["counter"]
    presets = [each["preset"] for each in single_changes(config(), []) if "preset" in each]
    assert "counter" not in presets
    assert len(presets) == 4


def test_a_change_replaces_a_field_in_its_place() -> None:
    document = {"id": "flow", "direction": "both", "metric": "flow"}
    assert list(changed(document, {"direction": "above"}).items()) == [
        ("id", "flow"),
        ("direction", "above"),
        ("metric", "flow"),
    ]


@given(st.floats(1e-9, 1e12))
def test_rounding_up_never_excludes_less(number: float) -> None:
    assert number * (1 - 1e-9) <= _rounded_up(number) <= number * 1.1 + 1e-300
    assert not math.isnan(_rounded_up(number))
