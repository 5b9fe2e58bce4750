"""Judgements to what is published: score records and alert events of groups."""

from anomaly_stream.alerts.events import SCHEMA_VERSION, STATUSES, merged_labels
from anomaly_stream.alerts.explanation import anomalies_of, series_name
from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id
from anomaly_stream.groups.detectors.explain.explanation import Explanation, sentence
from anomaly_stream.groups.instance import Instance
from anomaly_stream.groups.judge import Judgement
from anomaly_stream.model import AlertEvent, DetectorVerdict, ScoreRecord, Severity, Source
from anomaly_stream.model.alerts import AlertStatus, GroupVerdict, MemberVerdict, PairVerdict
from anomaly_stream.model.group import GroupConfig


def score_record(
    config: GroupConfig, instance: Instance, judgement: Judgement, source: Source
) -> ScoreRecord:
    """The score record of a vector; its ``value`` is its score, since a vector has none of its own."""
    score = judgement.score if judgement.scores else None
    return ScoreRecord(
        schema_version=SCHEMA_VERSION,
        config_id=config.id,
        metric=config.id,
        labels=merged_labels(config, instance.series),
        timestamp=judgement.timestamp,
        value=judgement.score,
        status=judgement.status.label,
        expected=None,
        lower=None,
        upper=None,
        score=score,
        alert_score=score,
        severity=judgement.severity.label if judgement.severity is not Severity.NONE else None,
        reason=_reason(judgement),
        detectors=_detectors(judgement),
        source=source,
        group=_group_verdict(config, judgement),
    )


def alert_event(
    config: GroupConfig, instance: Instance, judgement: Judgement, source: Source
) -> tuple[bytes, AlertEvent]:
    """The alert event of a transition, with its key (the alert's fingerprint)."""
    series = instance.series
    status = STATUSES[judgement.transition]
    alert = alert_id(config.id, series, judgement.episode.start)
    event = AlertEvent(
        schema_version=SCHEMA_VERSION,
        event_id=event_id(alert, status, judgement.timestamp),
        alert_id=alert,
        status=status,
        config_id=config.id,
        owner=config.owner,
        metric=config.id,
        labels=merged_labels(config, series),
        annotations=dict(config.annotations),
        timestamp=judgement.timestamp,
        value=judgement.score,
        expected=0.0,
        lower=None,
        upper=None,
        score=judgement.score,
        severity=judgement.alert_severity.label,
        reason=_reason(judgement),
        detectors=_detectors(judgement),
        episode=judgement.episode,
        explanation=_explanation(config, instance, judgement, status),
        source=source,
        group=_group_verdict(config, judgement),
    )
    return alert_fingerprint(config.id, series).encode(), event


def _explanation(config: GroupConfig, instance: Instance, judgement: Judgement, status: AlertStatus) -> str:
    """One sentence for people."""
    name, episode = series_name(instance.series), judgement.episode
    if status == "resolved" or judgement.explanation is None:
        return (
            f"{name} is back to normal after {anomalies_of(episode)} (peak score {episode.peak_score:.0f})."
        )
    if status == "updated":
        name = f"{name} is now {judgement.alert_severity.label} after {anomalies_of(episode)}"
    return sentence(name, [member.name for member in config.members], judgement.explanation)


def _group_verdict(config: GroupConfig, judgement: Judgement) -> GroupVerdict:
    """Which members made the verdict, and which pairs broke."""
    names = [member.name for member in config.members]
    members = {
        name: MemberVerdict(value, None, 0.0) for name, value in zip(names, judgement.values, strict=True)
    }
    found = judgement.explanation
    if found is None:
        return GroupVerdict(members, [])
    for member in found.members:
        name = names[member.member]
        members[name] = MemberVerdict(members[name].value, member.expected, member.share)
    return GroupVerdict(members, _pairs(names, found))


def _pairs(names: list[str], found: Explanation) -> list[PairVerdict]:
    return [
        PairVerdict((names[pair.first], names[pair.second]), pair.expected, pair.seen) for pair in found.pairs
    ]


def _detectors(judgement: Judgement) -> dict[str, DetectorVerdict]:
    return {
        name: DetectorVerdict(statistic, 10.0 ** (-score / 10.0))
        for name, (statistic, score) in judgement.scores.items()
    }


def _reason(judgement: Judgement) -> str | None:
    """The detector that spoke the loudest, of an anomaly."""
    if judgement.severity is Severity.NONE:
        return None
    return max(judgement.scores, key=lambda name: judgement.scores[name][1])
