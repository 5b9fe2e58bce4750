"""The decision, field by field, against a twin made of tables."""

from typing import Any

import msgspec
import numpy as np
import pytest

from anomaly_stream.alerts.decision import (
    DECISION,
    PUBLISH_CODES,
    bands_of,
    decide_anomaly,
    decide_learning,
    decide_normal,
    ends_long_away,
    resolve_adopted,
    severity_of,
)
from anomaly_stream.alerts.lifecycle import Anomaly, fresh_alerts
from anomaly_stream.alerts.rules import RULES, compile_rules
from anomaly_stream.model import AlertEvent, Ending, Publish, Severity, SeverityBands, Status, Transition
from anomaly_stream.model.alert_rules import AlertRules

BANDS = bands_of(SeverityBands(moderate=60.0, severe=80.0, severe_effect=1.5, escalate_after=30))
CONFIG = np.dtype([("publish", "i4"), *RULES], align=True)


def setting(publish: Publish, resolve_after: int = 2) -> Any:
    record = np.zeros(1, CONFIG)[0]
    record["publish"] = PUBLISH_CODES[publish]
    compile_rules(record, AlertRules(resolve_after=resolve_after), np.inf)
    return record


def blank() -> Any:
    return np.zeros(1, np.dtype(DECISION, align=True))[0]


def anomaly(score: float, threshold: float = 50.0) -> Anomaly:
    return Anomaly(5.0, 9.0, 4.0, score, score, threshold)


@pytest.mark.parametrize(
    ("score", "effect", "severity"),
    [
        (40.0, 9.0, Severity.MINOR),
        (60.0, 9.0, Severity.MODERATE),
        (80.0, 1.4, Severity.MODERATE),
        (80.0, 1.5, Severity.SEVERE),
        (100.0, np.inf, Severity.SEVERE),
    ],
)
def test_severity(score: float, effect: float, severity: Severity) -> None:
    assert severity_of(score, effect, BANDS) == severity


@pytest.mark.parametrize(
    ("publish", "learning", "normal", "anomalous"),
    [
        (Publish.ALL, True, True, True),
        (Publish.ANOMALIES, False, False, True),
        (Publish.NONE, False, False, False),
    ],
)
def test_what_is_published(publish: Publish, learning: bool, normal: bool, anomalous: bool) -> None:
    config, alert, verdict = setting(publish), fresh_alerts(1)[0], blank()
    assert decide_learning(alert, config, 1.0, verdict) == learning
    assert decide_normal(alert, config, 6.0, 0.0, verdict) == normal
    assert decide_anomaly(alert, config, BANDS, anomaly(70.0, 100.0), 1.0, False, verdict) == anomalous
    assert (bool(verdict["publish"]), verdict["status"]) == (anomalous, Status.ANOMALY)
    assert (verdict["severity"], verdict["transition"]) == (Severity.MODERATE, Transition.NONE)
    assert np.isnan(verdict["alert_start"])
    assert (verdict["alert_severity"], verdict["alert_count"]) == (Severity.NONE, 0)


def test_an_alert_rises_by_its_length_while_its_anomalies_do_not() -> None:
    """As the page of topics says, whose numbers are those of the settings."""
    config, alert, verdict = setting(Publish.ANOMALIES), fresh_alerts(1)[0], blank()
    said = [
        (Transition.FIRING, Severity.MODERATE),
        *[(Transition.NONE, Severity.MODERATE)] * (SeverityBands().escalate_after - 2),
        (Transition.UPDATED, Severity.SEVERE),
        (Transition.NONE, Severity.SEVERE),
    ]
    for transition, severity in said:
        decide_anomaly(alert, config, bands_of(SeverityBands()), anomaly(64.0), 9.0, False, verdict)
        assert verdict["severity"] == Severity.MODERATE
        assert (verdict["transition"], verdict["alert_severity"]) == (transition, severity)
    field = msgspec.json.schema(AlertEvent)["$defs"]["AlertEvent"]["properties"]["severity"]
    assert f"`severity.escalate_after` anomalies ({SeverityBands().escalate_after})" in field["description"]


def test_an_episode_is_reported_whatever_is_published() -> None:
    config, alert, verdict = setting(Publish.NONE), fresh_alerts(1)[0], blank()
    assert decide_anomaly(alert, config, BANDS, anomaly(70.0), 1.0, False, verdict)
    assert (verdict["transition"], verdict["alert_severity"]) == (Transition.FIRING, Severity.MODERATE)
    assert not decide_normal(alert, config, 6.0, 0.0, verdict)
    assert decide_normal(alert, config, 6.0, 0.0, verdict)
    assert (verdict["status"], verdict["transition"]) == (Status.NORMAL, Transition.RESOLVED)
    assert (verdict["alert_start"], verdict["alert_peak_value"], verdict["alert_count"]) == (5.0, 9.0, 1)
    assert verdict["alert_sequence"] == 2
    assert not verdict["publish"]


def test_an_adopted_level_resolves_an_open_alert_alone() -> None:
    config, alert, verdict = setting(Publish.NONE), fresh_alerts(1)[0], blank()
    resolve_adopted(alert, 7.0, verdict)
    assert verdict["transition"] == Transition.NONE
    decide_anomaly(alert, config, BANDS, anomaly(70.0), 1.0, False, verdict)
    resolve_adopted(alert, 7.0, verdict)
    assert (verdict["transition"], bool(alert["phase"])) == (Transition.RESOLVED, False)
    assert (verdict["status"], verdict["alert_count"]) == (Status.ANOMALY, 1)


def test_what_is_known_is_an_anomaly_that_counts_as_normal_for_its_alert() -> None:
    config, alert, verdict = setting(Publish.NONE), fresh_alerts(1)[0], blank()
    assert not decide_anomaly(alert, config, BANDS, anomaly(90.0), 2.0, True, verdict)
    assert (verdict["status"], verdict["severity"]) == (Status.ANOMALY, Severity.SEVERE)
    assert (verdict["transition"], verdict["alert_count"]) == (Transition.NONE, 0)
    assert decide_anomaly(alert, config, BANDS, anomaly(90.0)._replace(time=6.0), 2.0, False, verdict)
    assert not decide_anomaly(alert, config, BANDS, anomaly(90.0)._replace(time=7.0), 2.0, True, verdict)
    assert decide_anomaly(alert, config, BANDS, anomaly(90.0)._replace(time=8.0), 2.0, True, verdict)
    assert (verdict["status"], verdict["transition"]) == (Status.ANOMALY, Transition.RESOLVED)
    assert (verdict["alert_count"], verdict["alert_end"]) == (1, 6.0)
    config["publish"] = PUBLISH_CODES[Publish.ANOMALIES]
    assert decide_anomaly(alert, config, BANDS, anomaly(90.0)._replace(time=9.0), 2.0, True, verdict)


def test_an_episode_that_waits_is_not_shown() -> None:
    config, alert, verdict = setting(Publish.ALL), fresh_alerts(1)[0], blank()
    config["open_after"] = 60.0
    assert decide_anomaly(alert, config, BANDS, anomaly(70.0), 1.0, False, verdict)
    assert (verdict["transition"], verdict["alert_count"], verdict["alert_sequence"]) == (0, 0, 0)
    resolve_adopted(alert, 7.0, verdict)
    assert (verdict["transition"], alert["phase"]) == (Transition.NONE, 0)


@pytest.mark.parametrize(
    ("transition", "ending", "lasted", "expected"),
    [
        (Transition.RESOLVED, Ending.AWAY, 86_400.0, True),
        (Transition.RESOLVED, Ending.SETTLED, 86_400.0, True),
        (Transition.RESOLVED, Ending.AWAY, 86_399.0, False),
        (Transition.RESOLVED, Ending.UNCLEAR, 86_400.0, False),
        (Transition.NONE, Ending.AWAY, 86_400.0, False),
    ],
)
def test_only_a_long_alert_ends_long_away(
    transition: Transition, ending: Ending, lasted: float, expected: bool
) -> None:
    verdict = blank()
    verdict["transition"], verdict["alert_ending"] = transition, ending
    verdict["alert_start"], verdict["alert_end"] = 1000.0, 1000.0 + lasted
    assert ends_long_away(verdict) == expected
