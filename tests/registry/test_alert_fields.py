"""The fields that rule the lifecycle of alerts, of configs of metrics and of groups."""

from typing import Any

import pytest

from anomaly_stream.model.alert_rules import MAX_RECENT, AlertRules
from anomaly_stream.registry.parsing import parse_document
from tests.registry import test_groups as of_groups
from tests.registry.test_parsing import CONTEXT, faults, parse

NAMES = AlertRules.__struct_fields__


def rules_of(**fields: Any) -> list[AlertRules]:
    """The rules of a config of a metric, and of a group."""
    return [
        AlertRules(**{name: getattr(config, name) for name in NAMES if name != "alert_score"})
        for config in (parse(**fields), of_groups.parse(**fields))
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, AlertRules()),
        ({"for": 0}, AlertRules()),
        ({"for": "10m"}, AlertRules(open_after_s=600.0)),
        ({"for": 90}, AlertRules(open_after_s=90.0)),
        ({"for": "3 of 5"}, AlertRules(open_count=3, open_of=5)),
        ({"for": " 2  of 60 "}, AlertRules(open_count=2, open_of=MAX_RECENT)),
        ({"resolve_after": 7}, AlertRules(resolve_after=7)),
        ({"resolve_after": "1h30m"}, AlertRules(resolve_after=1, resolve_after_s=5400.0)),
        ({"repeat_interval": "4h"}, AlertRules(repeat_interval_s=14400.0)),
        ({"repeat_interval": 0}, AlertRules()),
        ({"incident": {"by": ["host", "dc"]}}, AlertRules(incident_by=("dc", "host"))),
        (
            {"incident": {"by": ["host"], "window": "5m"}},
            AlertRules(incident_by=("host",), incident_window_s=300.0),
        ),
    ],
)
def test_values(fields: dict[str, Any], expected: AlertRules) -> None:
    assert rules_of(**fields) == [expected, expected]


@pytest.mark.parametrize(
    ("field", "value", "cure"),
    [
        ("for", "3 of 2", "must be k of n with 1 <= k <= n <= 60, not '3 of 2'"),
        ("for", "0 of 2", "must be k of n"),
        ("for", "1 of 61", "must be k of n"),
        ("for", "soon", "0 for at once, or a share such as 3 of 5"),
        ("for", -1, "0 for at once"),
        ("for", True, "0 for at once"),
        ("for", None, "0 for at once"),
        ("for", [3, 5], "0 for at once"),
        ("resolve_after", 0, "must be a whole number from 1 to 10,000,000, or a duration such as 10m, not 0"),
        ("resolve_after", 2.5, "must be a whole number"),
        ("resolve_after", True, "must be a whole number"),
        ("resolve_after", "5", "or a duration such as 10m"),
        ("resolve_after", 10**30, "must be a whole number"),
        ("repeat_interval", "10s", "must be 0 or at least 60s"),
        ("repeat_interval", "daily", "must be a number of seconds or a duration"),
    ],
)
def test_faults(field: str, value: object, cure: str) -> None:
    assert cure in faults({"metric": "m", field: value})[field]
    assert cure in of_groups.faults_of(**{field: value})[field]


@pytest.mark.parametrize(
    ("incident", "field"),
    [
        ({}, "incident.by"),
        ({"by": []}, "incident.by"),
        ({"by": ["host"], "window": 0}, "incident.window"),
        ({"by": ["host"], "window": "5s"}, "incident.window"),
        ({"by": ["host"], "windw": "5m"}, "incident.windw"),
        (True, "incident"),
    ],
)
def test_faults_of_an_incident(incident: object, field: str) -> None:
    assert set(faults({"metric": "m", "incident": incident})) == {field}
    assert set(of_groups.faults_of(incident=incident)) == {field}


def test_hysteresis_leaves_scores_that_count_as_normal() -> None:
    assert parse(hysteresis=39.5).hysteresis == 39.5
    assert faults({"metric": "m", "hysteresis": 40})["hysteresis"] == (
        "must be less than 40, the threshold score of sensitivity, not 40: otherwise no alert would resolve"
    )
    assert set(faults({"metric": "m", "hysteresis": 56, "sensitivity": 0.1})) == {"hysteresis"}
    assert set(faults({"metric": "m", "hysteresis": -1})) == {"hysteresis"}


def test_a_group_has_a_hysteresis_of_its_own() -> None:
    assert "unknown field" in of_groups.faults_of(hysteresis=5)["hysteresis"]


def test_a_field_is_suggested_by_the_name_that_users_write() -> None:
    assert faults({"metric": "m", "fr": "5m"})["fr"] == "unknown field; did you mean 'for'?"
    assert "for_" not in faults({"metric": "m", "zzzzzz": 1})["zzzzzz"]


def test_in_yaml() -> None:
    text = "metric: m\nfor: 3 of 5\nresolve_after: 10m\nrepeat_interval: 4h\nhysteresis: 8\n"
    (parsed,) = parse_document(text, "f.yaml", CONTEXT)
    assert (parsed.config.open_count, parsed.config.open_of) == (3, 5)
    assert (parsed.config.resolve_after_s, parsed.config.repeat_interval_s) == (600.0, 14400.0)
    assert parsed.document["for"] == "3 of 5"
