from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.errors import ConfigError
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.false_alarms import parse_rate
from anomaly_stream.registry.parsing import Config, parse_config, validate_config
from anomaly_stream.registry.promised_alerts import threshold_at, threshold_of
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(("zscore", "auto"), kinds={"auto": "model"}, group_detectors=("t2q",))
GROUP = {"id": "g", "members": {"a": "a", "b": "b"}, "detectors": ["t2q"]}


def parse(budget: object, **fields: Any) -> Config:
    return parse_config({"metric": "flow", "max_false_alarms": budget, **fields}, CONTEXT)


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse_config({"metric": "flow", **document} if "members" not in document else document, CONTEXT)
    return {fault.field: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("text", "per_week"),
    [("1/week", 1.0), ("0.5/day", 3.5), ("2 / hour", 336.0), ("3/month", 0.7), (" 1/week ", 1.0)],
)
def test_rates(text: str, per_week: float) -> None:
    assert parse_rate(text) == pytest.approx(per_week)


@pytest.mark.parametrize(
    "value", [None, 1, True, "1", "0/week", "-1/day", "1/minute", "1 per week", "9" * 400 + "/day"]
)
def test_other_rates_are_refused(value: object) -> None:
    assert "such as 1/week or 0.5/day" in faults({"max_false_alarms": value})["max_false_alarms.rate"]


def test_the_threshold_follows_from_rate_step_and_detectors() -> None:
    by_model = parse({"rate": "1/week", "step": "1m"})
    assert by_model.alert_score == threshold_of(1.0, 60.0, by_model=True)
    assert (by_model.false_alarms_per_week, by_model.rate_by_own_step) == (1.0, 0.0)
    by_window = parse({"rate": "0.01/week", "step": "10s"}, detectors=["zscore"])
    assert by_window.alert_score == threshold_of(0.01, 10.0, by_model=False)
    assert parse_config({"metric": "flow"}, CONTEXT).false_alarms_per_week == 0.0


@pytest.mark.parametrize("fields", [{}, {"detectors": ["zscore"]}, {"sensitivity": "high"}])
def test_without_a_step_each_series_has_a_threshold_of_its_own(fields: dict[str, Any]) -> None:
    config = parse("1/week", **fields)
    assert (config.false_alarms_per_week, config.rate_by_own_step) == (1.0, 1.0)
    assert config.alert_score == parse_config({"metric": "flow", **fields}, CONTEXT).alert_score
    assert parse_config({"metric": "flow"}, CONTEXT).rate_by_own_step == 0.0


def test_series_share_the_rate_of_a_config() -> None:
    shared = parse({"rate": "7/week", "per": "config", "series": 14})
    assert isinstance(shared, AnomalyDetectionConfig)
    assert (shared.false_alarms_per_week, shared.false_alarms_series) == (0.5, 14)
    alone = parse("0.5/week")
    assert isinstance(alone, AnomalyDetectionConfig)
    assert alone.false_alarms_series == 0


DOCUMENTS = st.fixed_dictionaries(
    {"sensitivity": st.floats(0.0, 1.0)},
    optional={"detectors": st.just(["zscore"])},
)


@given(document=DOCUMENTS, number=st.floats(1e-3, 1e6), step_s=st.floats(1.0, 1e6))
def test_a_budget_never_lowers_the_threshold(document: dict[str, Any], number: float, step_s: float) -> None:
    rate = f"{number:.4f}/week"
    alone = parse_config({"metric": "flow", **document}, CONTEXT)
    own = parse(rate, **document)
    by_model = own.detectors == ("auto",)  # type: ignore[union-attr]
    assert own.alert_score == alone.alert_score
    found = threshold_at(own.alert_score, own.rate_by_own_step, step_s, by_model)
    assert found >= alone.alert_score
    try:
        told = parse({"rate": rate, "step": step_s}, **document)
    except ConfigError:  # no threshold promises so few
        return
    assert told.alert_score == pytest.approx(found)
    assert told.alert_score >= alone.alert_score


@given(sensitivity=st.floats(0.0, 1.0), number=st.floats(0.01, 1e6), interval=st.floats(1.0, 1e4))
def test_a_budget_never_lowers_the_threshold_of_a_group(
    sensitivity: float, number: float, interval: float
) -> None:
    document = {**GROUP, "sensitivity": sensitivity, "interval": interval, "lateness": interval}
    limited = parse_config({**document, "max_false_alarms": f"{number:.4f}/week"}, CONTEXT)
    assert limited.alert_score >= parse_config(document, CONTEXT).alert_score


@pytest.mark.parametrize(
    ("document", "least"),
    [
        ({"metric": "flow", "max_false_alarms": {"rate": "1/week", "step": "1h"}}, 60.0),
        (
            {"metric": "flow", "sensitivity": "high", "max_false_alarms": {"rate": "1/day", "step": "1m"}},
            60.0,
        ),
        (
            {"metric": "flow", "detectors": ["zscore"], "max_false_alarms": {"rate": "1/week", "step": "1m"}},
            60.0,
        ),
        ({**GROUP, "interval": "1m", "max_false_alarms": "2/week"}, 40.0),
    ],
)
def test_a_budget_without_effect_is_a_warning(document: dict[str, Any], least: float) -> None:
    config, warnings = validate_config(document, CONTEXT)
    assert config.alert_score == least
    assert [warning.field for warning in warnings] == ["max_false_alarms"]
    assert (
        f"has no effect: the alert threshold without it, {least:g}, already promises" in warnings[0].message
    )
    is_doubted = "as far as the distributions of its detectors hold" in warnings[0].message
    assert is_doubted == ("detectors" in document)


@pytest.mark.parametrize("budget", ["1/week", {"rate": "1/week", "step": "1m"}])
def test_a_budget_that_may_have_an_effect_is_none(budget: object) -> None:
    assert not validate_config({"metric": "flow", "max_false_alarms": budget}, CONTEXT)[1]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"max_false_alarms": "1/week", "alert_threshold": 60}, "config", "remove one of them"),
        ({"max_false_alarms": {"rate": "1/week", "per": "config"}}, "max_false_alarms", "needs series"),
        ({"max_false_alarms": {"rate": "1/week", "series": 3}}, "max_false_alarms", "remove it, or write"),
        (
            {"max_false_alarms": {"rate": "1/week", "per": "series", "serie": 3}},
            "max_false_alarms.serie",
            "did",
        ),
        ({"max_false_alarms": {"step": "1m"}}, "max_false_alarms.rate", "is required"),
        ({"max_false_alarms": {"rate": "0.0001/month", "step": "1s"}}, "max_false_alarms", "the least is"),
        ({**GROUP, "max_false_alarms": {"rate": "1/week"}}, "max_false_alarms", "such as 1/week"),
        ({**GROUP, "max_false_alarms": "1/week", "alert_threshold": 60}, "config", "remove one of them"),
    ],
)
def test_faults_name_their_cure(fields: dict[str, Any], field: str, message: str) -> None:
    assert message in faults(fields)[field]


def test_a_group_takes_its_interval_for_the_step() -> None:
    group = parse_config({**GROUP, "interval": "10s", "max_false_alarms": "1/week"}, CONTEXT)
    assert group.alert_score == threshold_of(1.0, 10.0, by_model=False)
    assert (group.false_alarms_per_week, group.rate_by_own_step) == (1.0, 0.0)
