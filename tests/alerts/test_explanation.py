"""The literal sentences that a person on call reads."""

import msgspec
import pytest

from anomaly_stream.alerts.explanation import explain, explain_expired, explain_group, explain_withdrawn
from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict
from anomaly_stream.detectors.models.views.state import SPREAD_OF
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    DetectorEvidence,
    Ending,
    MetricType,
    Series,
    Severity,
    Source,
    Status,
    Transition,
)
from anomaly_stream.model import reasons as found
from anomaly_stream.model.alerts import Episode
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.reasons import REASONS, Reason
from anomaly_stream.model.side import Side

FLOW = Series.of("flow", {"site": "A"})
START = 1_700_000_000.0
VERDICT = Verdict(
    timestamp=START,
    value=812.4,
    status=Status.ANOMALY,
    expected=92.1,
    lower=61.0,
    upper=118.3,
    score=70.0,
    severity=Severity.MODERATE,
    reason=found.DISTANCE,
    side="above",
    detectors={"zscore": DetectorEvidence(24.5, 1e-7)},
)
FIRST = Episode(start=START, end=START, peak_score=70.0, peak_value=812.4, count=1)
LONG = Episode(start=START, end=START + 12_000.0, peak_score=97.2, peak_value=812.4, count=14)
BAND = "(expected 92.1, normal 61 to 118.3)"
SINCE = "since 2023-11-14 22:13:20 UTC"
SCORE = "score 70 of 100."
FASTER = "changed faster than usual to"
OF_LAST = "than usual over its last 12 values, the last at"


def said(
    transition: Transition = Transition.FIRING,
    episode: Episode = FIRST,
    metric_type: MetricType = MetricType.GAUGE,
    severity: Severity = Severity.SEVERE,
    ending: Ending = Ending.UNCLEAR,
    **changes: object,
) -> str:
    config = AnomalyDetectionConfig(id="flows", metric="flow", metric_type=metric_type)
    verdict = msgspec.structs.replace(VERDICT, **changes)
    change = AlertChange(transition, severity, 1, episode, ending)
    return explain(Occurrence(FLOW, config, verdict, Source("metrics", 0, 7), change))


@pytest.mark.parametrize(
    ("reason", "side", "value", "clause"),
    [
        (found.DISTANCE, "above", 812.4, "is above normal at 812.4"),
        (found.DISTANCE, "below", -3.0, "is below normal at -3"),
        (found.MEAN_SHIFT, "above", 93.1, "has a recent mean above its usual level, last value 93.1"),
        (found.MEAN_SHIFT, "below", 93.1, "has a recent mean below its usual level, last value 93.1"),
        (found.VARIANCE_CHANGE, "above", 93.1, f"varies much more {OF_LAST} 93.1"),
        (found.VARIANCE_CHANGE, "below", 93.1, f"varies much less {OF_LAST} 93.1"),
        (found.FLAT_LINE, None, 93.1, "has been stuck at 93.1 for longer than usual"),
        (found.MISSING_DATA, None, 93.1, "sent no value for longer than usual, now at 93.1"),
        (found.RATE_OF_CHANGE, "above", 93.1, f"{FASTER} 93.1, above what usually follows"),
        (found.RATE_OF_CHANGE, "below", 93.1, f"{FASTER} 93.1, below what usually follows"),
    ],
)
def test_firing(reason: Reason, side: Side | None, value: float, clause: str) -> None:
    assert said(reason=reason, side=side, value=value) == f"flow{{site=A}} {clause} {BAND} {SINCE}; {SCORE}"
    assert reason.has_side == (side is not None)


def test_the_sentence_has_the_number_of_values_whose_variation_is_measured() -> None:
    assert f"than usual over its last {SPREAD_OF} values, the last at" == OF_LAST


def test_an_anomaly_without_a_reason_has_no_explanation() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        said(reason=None)


def test_every_reason_of_a_series_has_a_clause() -> None:
    of_groups = [reason.name for reason in REASONS if not reason.clause]
    assert of_groups == [
        "member_shift",
        "correlation_break",
        "unusual_combination",
        "novel_combination",
        "members_unusual",
    ]


def test_updated() -> None:
    assert said(Transition.UPDATED, LONG) == (
        f"flow{{site=A}} is above normal at 812.4 {BAND}, now severe after 14 anomalies in 3 h 20 min"
        f" {SINCE}; {SCORE}"
    )


def test_a_reminder() -> None:
    assert said(Transition.REMINDER, LONG) == (
        f"flow{{site=A}} is above normal at 812.4 {BAND}, still severe after 14 anomalies in 3 h 20 min"
        f" {SINCE}; {SCORE}"
    )


def test_withdrawn() -> None:
    assert explain_withdrawn(FLOW, "flows", FIRST, is_deleted=True) == (
        "The config 'flows' was deleted, so the alert on flow{site=A} ends: 1 anomaly at 2023-11-14 22:13:20"
        " UTC, peak score 70 of 100."
    )
    assert explain_withdrawn(FLOW, "flows", LONG, is_deleted=False) == (
        "The config 'flows' no longer matches flow{site=A}, so its alert ends: 14 anomalies in 3 h 20 min"
        f" {SINCE}, peak score 97 of 100."
    )


NORMAL: dict[str, object] = {"status": Status.NORMAL, "value": 90.0, "reason": None}


@pytest.mark.parametrize(
    ("ending", "clause"),
    [
        (Ending.BACK, f"is back to normal at 90 {BAND}"),
        (Ending.SETTLED, f"has settled at a new level, 90 {BAND},"),
        (Ending.AWAY, f"is no longer anomalous at 90 {BAND}"),
        (Ending.UNCLEAR, f"is no longer anomalous at 90 {BAND}"),
    ],
)
def test_resolved(ending: Ending, clause: str) -> None:
    assert said(Transition.RESOLVED, LONG, ending=ending, **NORMAL) == (
        f"flow{{site=A}} {clause} after 14 anomalies in 3 h 20 min {SINCE}; peak 812.4 (score 97 of 100)."
    )


def test_a_value_of_0_is_within_a_range_that_begins_at_0() -> None:
    """The lower edge of a series that has never been below 0 is shown as 0, and 0 is a normal value of it."""
    zero = {"status": Status.NORMAL, "value": 0.0, "reason": None}
    assert "at 0 (expected 3, normal 0 to 9) after" in said(
        Transition.RESOLVED, **zero, expected=3.0, lower=0.0, upper=9.0
    )
    assert "at 0 (expected -3) after" in said(
        Transition.RESOLVED, **zero, expected=-3.0, lower=-9.0, upper=0.0
    )


@pytest.mark.parametrize("edges", [(61.0, 140.0), (140.0, 160.0)])
def test_a_range_that_ends_at_a_normal_value_is_not_said(edges: tuple[float, float]) -> None:
    """The model calls the value normal because it is known, and not because it is within its range."""
    lower, upper = edges
    found = said(
        Transition.RESOLVED, LONG, status=Status.NORMAL, value=140.0, reason=None, lower=lower, upper=upper
    )
    assert found == (
        "flow{site=A} is no longer anomalous at 140 (expected 92.1) after 14 anomalies in 3 h 20 min"
        f" {SINCE}; peak 812.4 (score 97 of 100)."
    )


def test_a_constant_has_its_range() -> None:
    constant = {"value": 90.0, "expected": 90.0, "lower": 90.0, "upper": 90.0}
    found = said(Transition.RESOLVED, ending=Ending.BACK, status=Status.NORMAL, reason=None, **constant)
    assert "is back to normal at 90 (expected 90, normal 90 to 90) after" in found


def test_resolved_after_one_anomaly() -> None:
    assert said(Transition.RESOLVED, ending=Ending.BACK, **NORMAL) == (
        f"flow{{site=A}} is back to normal at 90 {BAND} after 1 anomaly at 2023-11-14 22:13:20 UTC;"
        " peak 812.4 (score 70 of 100)."
    )


def test_resolved_because_the_new_level_is_adopted() -> None:
    assert said(Transition.RESOLVED, LONG, value=790.0) == (
        "flow{site=A} has settled at a new level, 790 (was 92.1), after 14 anomalies in 3 h 20 min"
        f" {SINCE}; peak 812.4 (score 97 of 100)."
    )


def test_an_idle_series() -> None:
    assert explain_expired(FLOW, 4000.0, LONG) == (
        "flow{site=A} has sent no value for 1 h 6 min, so its alert ends: 14 anomalies in 3 h 20 min"
        f" {SINCE}, peak 812 (score 97 of 100)."
    )


def test_one_edge_and_none() -> None:
    assert "at -3 (expected 92.1, normal at least 61) since" in said(value=-3.0, side="below", upper=None)
    assert "at 812.4 (expected 92.1, normal at most 118.3) since" in said(lower=None)
    assert "at 812 (expected 92.1) since" in said(lower=None, upper=None)


def test_numbers_that_are_nothing_beside_the_others_are_0() -> None:
    assert "at 1 (expected 0, normal -0.553 to 0.539) since" in said(
        value=1.0, expected=1.505e-07, lower=-0.553, upper=0.539
    )
    assert "at 8 (expected 7, normal 7 to 7) since" in said(
        value=8.0, expected=7.0, lower=6.99999999948, upper=7.00000000052
    )


def test_no_odds_are_claimed() -> None:
    assert said(score=100.0).endswith("; score 100 of 100.")
    ranked = {"auto": DetectorEvidence(7.0, None)}
    assert said(score=72.4, detectors=ranked) == (
        f"flow{{site=A}} is above normal at 812.4 {BAND} {SINCE}; score 72 of 100."
    )


def test_a_season_of_which_only_a_part_is_known() -> None:
    assert "normal 61 to 118.3, 38% of its season known) since" in said(maturity=0.375)
    assert "season" not in said(maturity=1.0)


def test_a_counter_is_judged_by_its_rate() -> None:
    assert said(metric_type=MetricType.COUNTER) == (
        f"The increase per second of flow{{site=A}} is above normal at 812.4 {BAND} {SINCE}; {SCORE}"
    )


def of_group(transition: Transition, episode: Episode, finding: str = "") -> str:
    verdict = Verdict(timestamp=START, value=80.0, status=Status.ANOMALY, score=80.0, detectors={})
    change = AlertChange(transition, Severity.SEVERE, 1, episode)
    config = GroupConfig(id="host", members=())
    subject = Series.of("host", {"host": "a"})
    return explain_group(Occurrence(subject, config, verdict, Source("groups", 0, 7), change), finding)


def test_a_group() -> None:
    finding = "cpu is 93 (expected 41, 80% of the deviation); by chance about once in 10,000 vectors"
    assert of_group(Transition.FIRING, FIRST, finding) == f"host{{host=a}} is unusual {SINCE}: {finding}."
    assert of_group(Transition.UPDATED, LONG, finding) == (
        f"host{{host=a}} is unusual, now severe after 14 anomalies in 3 h 20 min {SINCE}: {finding}."
    )
    assert of_group(Transition.RESOLVED, LONG) == (
        f"host{{host=a}} is no longer anomalous after 14 anomalies in 3 h 20 min {SINCE};"
        " peak score 97 of 100."
    )


def test_without_a_change_of_the_alert_there_is_nothing_to_explain() -> None:
    config = AnomalyDetectionConfig(id="flows", metric="flow")
    with pytest.raises(ValueError, match="without a change"):
        explain(Occurrence(FLOW, config, VERDICT, Source("metrics", 0, 7)))
