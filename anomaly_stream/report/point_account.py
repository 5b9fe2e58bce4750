"""Why a value was, or was not, an anomaly and an alert: the facts, for text and for JSON.

Everything follows from the published verdict and the config; nothing is computed anew.
"""

import math
from typing import Literal

import msgspec

from anomaly_stream.alerts.wording import duration, plural, series_name
from anomaly_stream.detectors.registry import KINDS
from anomaly_stream.detectors.registry import REGISTRY as DETECTORS
from anomaly_stream.groups.detectors.registry import REGISTRY as GROUP_DETECTORS
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, ScoreRecord
from anomaly_stream.model.config import MetricType
from anomaly_stream.model.evidence import DetectorEvidence, GroupEvidence
from anomaly_stream.model.reasons import REASONS
from anomaly_stream.model.side import Side
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.point import Point
from anomaly_stream.report.requirements import (
    alert_threshold,
    enough,
    excluded_by_settings,
    least_deviation,
)

_MEANINGS = {reason.name: reason.meaning for reason in REASONS}
_DOCS = {
    **{detector.name: detector.doc for detector in DETECTORS},
    **{detector.name: detector.doc for detector in GROUP_DETECTORS},
}
_ROLES = {
    "point": "averaged with the scores of the other point detectors",
    "pattern": "counts if it is the highest, less 10 log10(number of questions)",
    "calibrator": "takes the place of the point detectors' mean",
    "model": "makes the score alone, and p from its own past scores",
}
_GROUP_ROLE = "counts if it is the highest, less a correction for the other detectors"
_MOST_SCORE = 100.0

Alert = Literal["none", "opened", "open", "updated", "resolved"]


class DetectorAccount(msgspec.Struct, frozen=True):
    """The evidence of one detector."""

    name: str
    question: str
    statistic: float
    p: float | None
    """As published: by the detector's own model, however far that is beyond what the history can show."""
    score: float | None
    """-10 log10(p), at most 100; null without a probability, and for a model, whose score ranks evidence."""
    role: str
    """How its score enters that of the value."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one value, with what led to it. Null is what does not apply."""

    series: str
    config_id: str
    asked: float
    """The time that was asked for, seconds."""
    timestamp: float
    value: float
    status: str
    severity: str | None
    reason: str | None
    reason_meaning: str | None
    side: Side | None
    """Where what was found lies; null if the reason has no side."""
    expected: float | None
    expected_from: str
    lower: float | None
    upper: float | None
    score: float | None
    sensitivity: float
    """An anomaly has at least this score."""
    alert_score: float | None
    alert_threshold: float
    """A value that opens an alert has at least this alert score."""
    values_before: int
    min_observations: int
    why: list[str]
    """The verdict in sentences."""
    enough: list[str]
    """What would have made the value an anomaly, or open an alert."""
    detectors: list[DetectorAccount]
    direction: str | None
    least_deviation: float | None
    """Distance from the expected value that an anomaly must exceed, from ``min_deviation``."""
    alert: Alert
    alert_sentence: str | None
    group: GroupEvidence | None


def account_of(point: Point, asked: float) -> Account:
    """The account of one point."""
    record, config = point.record, point.config
    alert, sentence = _alert(point)
    return Account(
        series=series_name(point.series),
        config_id=config.id,
        asked=asked,
        timestamp=record.timestamp,
        value=record.value,
        status=record.status,
        severity=record.severity,
        reason=record.reason,
        reason_meaning=_MEANINGS.get(record.reason or ""),
        side=None if record.side is msgspec.UNSET else record.side,
        expected=record.expected,
        expected_from=_expected_from(config, record),
        lower=record.lower,
        upper=record.upper,
        score=record.score,
        sensitivity=config.sensitivity_score,
        alert_score=record.alert_score,
        alert_threshold=alert_threshold(config, record),
        values_before=point.values_before,
        min_observations=config.min_observations,
        why=_why(point, alert),
        enough=enough(config, record),
        detectors=[_detector(name, evidence) for name, evidence in record.detectors.items()],
        direction=str(config.direction) if isinstance(config, AnomalyDetectionConfig) else None,
        least_deviation=least_deviation(config, record.expected),
        alert=alert,
        alert_sentence=sentence,
        group=record.group if isinstance(record.group, GroupEvidence) else None,
    )


def _detector(name: str, evidence: DetectorEvidence) -> DetectorAccount:
    p, score = evidence.p, None
    if p is not None and KINDS.get(name) != "model":
        score = _MOST_SCORE if p <= 0 else min(_MOST_SCORE, 0.0 - 10.0 * math.log10(p))
    role = _ROLES[KINDS[name]] if name in KINDS else _GROUP_ROLE
    return DetectorAccount(name, _DOCS[name], evidence.statistic, p, score, role)


def _expected_from(config: Config, record: ScoreRecord) -> str:
    if not isinstance(config, AnomalyDetectionConfig):
        return "the usual relations between the members; the group has no expected value of its own"
    what = "of the increases per second " if config.metric_type is MetricType.COUNTER else ""
    if (model := model_of(config.detectors, KINDS)) is not None:
        return (
            f"the model {model}: the forecast {what}with the smallest recent error, out of the mean"
            " of three days, the line through them, this hour of the day, and this hour of the week;"
            " while an incident or a drift lasts, and up to six days after an incident began for values near"
            " it, what was expected as it began"
        )
    window = (
        f"the median {what}of the window: the last {duration(config.baseline_period_s)},"
        f" at most {plural(config.window_points, 'value')}"
    )
    if not config.seasonality:
        return window
    season = f"seasonality {', '.join(config.seasonality)}"
    if not record.maturity:
        return f"{window}; {season} is not in use yet"
    return f"{window}, adjusted by {season}, of which {record.maturity:.0%} is known"


def _why(point: Point, alert: Alert) -> list[str]:
    record, config = point.record, point.config
    if record.score is None:
        return [_why_unscored(point)]
    sensitivity, threshold = config.sensitivity_score, alert_threshold(config, record)
    if record.status != "anomaly":
        excluded = excluded_by_settings(config, record)
        return [f"Its score {record.score:.4g} is below the sensitivity {sensitivity:.4g}.", *excluded]
    why = [f"Its score {record.score:.4g} reaches the sensitivity {sensitivity:.4g}: it is an anomaly."]
    alert_score = record.score if record.alert_score is None else record.alert_score
    if alert_score < record.score:
        why.append(
            f"Its alert score is only {alert_score:.4g}, because something similar was reported before."
        )
    if alert == "resolved":
        why.append("It resolved the alert, because its level is accepted as the new normal.")
    elif alert in ("open", "updated"):
        why.append("It belongs to an alert that was open before.")
    elif alert_score < threshold:
        why.append(
            f"Its alert score {alert_score:.4g} is below the alert threshold {threshold:.4g}: no alert."
        )
    else:
        why.append(f"Its alert score {alert_score:.4g} reaches the alert threshold {threshold:.4g}.")
        if alert == "none":
            why.append("No alert is open yet: the anomalies do not last as `for` asks.")
    return why


def _why_unscored(point: Point) -> str:
    before, least = point.values_before, point.config.min_observations
    if before < least:
        return (
            f"It was learned, not scored: {plural(before, 'value')} came before it, and {least:,} are needed."
        )
    return (
        "It was learned, not scored. Causes: `learn` in the message; a new level that is still being learned"
        f" ({least:,} values); a `baseline_period` that holds fewer values than that."
    )


def _alert(point: Point) -> tuple[Alert, str | None]:
    """The state of the alert just after the value, and the sentence that says so."""
    if not point.events:
        return "none", None
    last: AlertEvent = point.events[-1]
    if last.timestamp == point.record.timestamp:
        states: dict[str, Alert] = {"firing": "opened", "updated": "updated", "resolved": "resolved"}
        return states.get(last.status, "open"), last.explanation
    return ("none", None) if last.status == "resolved" else ("open", last.explanation)
