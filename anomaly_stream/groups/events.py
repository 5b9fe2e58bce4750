"""The score records and alert events of judgements on groups."""

from anomaly_stream.alerts.explanation import explain_group
from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict
from anomaly_stream.alerts.occurrence import alert_event as build_alert_event
from anomaly_stream.alerts.occurrence import score_record as build_score_record
from anomaly_stream.groups.detectors.explain.explanation import Explanation, findings
from anomaly_stream.groups.detectors.registry import REGISTRY
from anomaly_stream.groups.instance import Instance
from anomaly_stream.groups.judge import Judgement
from anomaly_stream.model import AlertEvent, DetectorEvidence, ScoreRecord, Severity, Source, Transition
from anomaly_stream.model.evidence import GroupEvidence, MemberEvidence, PairEvidence
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.reasons import Reason


def score_record(
    config: GroupConfig, instance: Instance, judgement: Judgement, source: Source
) -> ScoreRecord:
    """The score record of a vector. Its ``value`` is its score, because a vector has no single value."""
    return build_score_record(_occurrence(config, instance, judgement, source))[1]


def alert_event(
    config: GroupConfig, instance: Instance, judgement: Judgement, source: Source
) -> tuple[bytes, AlertEvent]:
    """The alert event of a judgement that changed the alert, with its key (the alert's fingerprint)."""
    finding = ""
    if judgement.explanation is not None:
        names = [member.name for member in config.members]
        finding = findings(names, judgement.explanation, judgement.vectors_before)
    occurrence = _occurrence(config, instance, judgement, source)
    return build_alert_event(occurrence, explain_group(occurrence, finding))


def _occurrence(config: GroupConfig, instance: Instance, judgement: Judgement, source: Source) -> Occurrence:
    score = judgement.score if judgement.scores else None
    verdict = Verdict(
        timestamp=judgement.timestamp,
        value=judgement.score,
        status=judgement.status,
        score=score,
        alert_score=score,
        severity=judgement.severity,
        reason=_reason(judgement),
        detectors={
            name: DetectorEvidence(statistic, 10.0 ** (-score / 10.0))
            for name, (statistic, score) in judgement.scores.items()
        },
        group=_evidence(config, judgement),
    )
    change = None
    if judgement.transition is not Transition.NONE:
        change = AlertChange(
            judgement.transition, judgement.alert_severity, judgement.sequence, judgement.episode
        )
    return Occurrence(instance.series, config, verdict, source, change)


def _evidence(config: GroupConfig, judgement: Judgement) -> GroupEvidence:
    """The members that contributed to the verdict, and the pairs that no longer correlate as usual."""
    names = [member.name for member in config.members]
    members = {
        name: MemberEvidence(value, None, 0.0) for name, value in zip(names, judgement.values, strict=True)
    }
    found = judgement.explanation
    if found is None:
        return GroupEvidence(members, [])
    for member in found.members:
        name = names[member.member]
        members[name] = MemberEvidence(members[name].value, member.expected, member.share)
    return GroupEvidence(members, _pairs(names, found))


def _pairs(names: list[str], found: Explanation) -> list[PairEvidence]:
    return [
        PairEvidence((names[pair.first], names[pair.second]), pair.expected, pair.seen)
        for pair in found.pairs
    ]


def _reason(judgement: Judgement) -> Reason | None:
    """The reason of the detector that gave the score, if the vector is an anomaly."""
    if judgement.severity is Severity.NONE or judgement.explanation is None:
        return None
    return REGISTRY[judgement.explanation.detector].reason
