"""The explanation of an alert event: one sentence for the person who is on call.

It says what the value is, what was expected, since when, and for how long::

    flow{site=A} is above normal at 812.4 (expected 92.1, normal 61 to 118.3) since 2023-11-14 22:13:20 UTC;
    score 70 of 100.

    flow{site=A} is above normal at 812.4 (expected 92.1, normal 61 to 118.3), now severe after 14 anomalies
    in 3 h 20 min since 2023-11-14 22:13:20 UTC; score 70 of 100.

    flow{site=A} is above normal at 640 (expected 92.1, normal 61 to 118.3), still severe after 18 anomalies
    in 6 h 10 min since 2023-11-14 22:13:20 UTC; score 70 of 100.

    flow{site=A} is back to normal at 90 (expected 92.1, normal 61 to 118.3) after 14 anomalies in 3 h 20 min
    since 2023-11-14 22:13:20 UTC; peak 812.4 (score 97 of 100).

    flow{site=A} is no longer anomalous at 104 (expected 92.1, normal 61 to 118.3) after 14 anomalies in
    3 h 20 min since 2023-11-14 22:13:20 UTC; peak 812.4 (score 97 of 100).

    flow{site=A} has settled at a new level, 790 (expected 204), after 14 anomalies in 3 h 20 min since
    2023-11-14 22:13:20 UTC; peak 812.4 (score 97 of 100).

    flow{site=A} has sent no value for 1 h 6 min, so its alert ends: 1 anomaly at 2023-11-14 22:13:20 UTC,
    peak 812.4 (score 97 of 100).

    flow{site=A} is above normal at 640 (expected 92.1, normal 61 to 118.3), which was marked as known at
    2023-11-15 08:00:00 UTC, so its alert ends: 14 anomalies in 3 h 20 min since 2023-11-14 22:13:20 UTC, peak
    640 (score 97 of 100).

    The config 'flow' was deleted, so the alert on flow{site=A} ends: 1 anomaly at 2023-11-14 22:13:20 UTC,
    peak score 97 of 100.

    flow{site=A} was reset and learns anew, so its alert ends: 1 anomaly at 2023-11-14 22:13:20 UTC, peak
    812.4 (score 97 of 100).

The predicate is the clause of the reason (``model.reasons``), at the end that of the level
(``alerts.level``). Times are event times. The sentence claims no odds: a history of some thousand values
supports none beyond one in some thousand.
"""

from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict
from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import anomalies_of, clock, duration, normal_range, series_name
from anomaly_stream.model import Ending, MetricType, Series, Severity, Status, Transition
from anomaly_stream.model.alerts import Episode
from anomaly_stream.model.config import AnomalyDetectionConfig

_ENDINGS = {
    Ending.BACK: "is back to normal at {}",
    Ending.SETTLED: "has settled at a new level, {},",
    Ending.AWAY: "is no longer anomalous at {}",
    Ending.UNCLEAR: "is no longer anomalous at {}",
}


def explain(occurrence: Occurrence) -> str:
    """The explanation of an alert event on a series.

    Raises:
        ValueError: the alert did not change, or an anomaly has no reason.
    """
    name, verdict, change = _name(occurrence), occurrence.verdict, _change_of(occurrence)
    if change.transition is Transition.RESOLVED and verdict.status is Status.LEARNING:
        return _reset(name, change.episode)
    if change.transition is Transition.RESOLVED:
        return _resolved(name, verdict, change)
    baseline = _baseline(verdict)
    if verdict.maturity is not None and 0.0 < verdict.maturity < 1.0:
        baseline = f"{baseline}, {verdict.maturity:.0%} of its season known"
    return (
        f"{name} {_finding(verdict)} ({baseline}){_lasting(change)}; score {verdict.score or 0.0:.0f} of 100."
    )


def explain_expired(series: Series, idle_s: float, episode: Episode) -> str:
    """The explanation of an alert that ends because its series has sent no value for ``idle_s`` seconds."""
    return (
        f"{series_name(series)} has sent no value for {duration(idle_s)}, so its alert ends:"
        f" {anomalies_of(episode)}, {_peak(episode, Rounding.of(episode.peak_value))}."
    )


def explain_withdrawn(subject: Series, config_id: str, episode: Episode, *, is_deleted: bool) -> str:
    """The explanation of an alert that ends because its config was deleted, or no longer matches."""
    name = series_name(subject)
    cause = (
        f"The config {config_id!r} was deleted, so the alert on {name} ends"
        if is_deleted
        else f"The config {config_id!r} no longer matches {name}, so its alert ends"
    )
    return f"{cause}: {anomalies_of(episode)}, peak score {episode.peak_score:.0f} of 100."


def _reset(name: str, episode: Episode) -> str:
    return (
        f"{name} was reset and learns anew, so its alert ends: {anomalies_of(episode)},"
        f" {_peak(episode, Rounding.of(episode.peak_value))}."
    )


def explain_group(occurrence: Occurrence, finding: str) -> str:
    """The explanation of an alert event on a group; ``finding`` says which members are unusual.

    A group has scores and no level, so its end claims no return.

    Raises:
        ValueError: the alert did not change.
    """
    name, change = series_name(occurrence.subject), _change_of(occurrence)
    episode = change.episode
    if change.transition is Transition.RESOLVED:
        peak = f"peak score {episode.peak_score:.0f} of 100"
        return f"{name} is no longer anomalous after {anomalies_of(episode)}; {peak}."
    return f"{name} is unusual{_lasting(change)}: {finding}."


def _change_of(occurrence: Occurrence) -> AlertChange:
    if occurrence.change is None:
        raise ValueError("an occurrence without a change of its alert has no explanation")
    return occurrence.change


def _name(occurrence: Occurrence) -> str:
    config, name = occurrence.config, series_name(occurrence.subject)
    if isinstance(config, AnomalyDetectionConfig) and config.metric_type == MetricType.COUNTER:
        return f"The increase per second of {name}"
    return name


def _resolved(name: str, verdict: Verdict, change: AlertChange) -> str:
    """An alert that an anomaly resolves ends because that anomaly's level is adopted as the new normal."""
    episode = change.episode
    rounding = _rounding(verdict)
    anomalies, peak = anomalies_of(episode), _peak(episode, rounding)
    value = rounding.text(verdict.value)
    if verdict.known_since is not None:
        marked = f"which was marked as known at {clock(verdict.known_since)}"
        return (
            f"{name} {_finding(verdict)} ({_baseline(verdict)}), {marked}, so its alert ends: {anomalies},"
            f" {peak}."
        )
    if verdict.status is Status.ANOMALY:
        expected = rounding.text(verdict.expected or 0.0)
        ending = _ENDINGS[Ending.SETTLED].format(f"{value} (was {expected})")
    else:
        ending = _ENDINGS[change.ending].format(f"{value} ({_baseline(verdict)})")
    return f"{name} {ending} after {anomalies}; {peak}."


def _finding(verdict: Verdict) -> str:
    """What was found by an anomaly, as a predicate."""
    if verdict.reason is None:
        raise ValueError("an anomaly without a reason has no explanation")
    value = _rounding(verdict).text(verdict.value)
    side = "" if verdict.side is None else verdict.reason.side_in_words(verdict.side)
    return verdict.reason.clause.format(value=value, side=side)


def _baseline(verdict: Verdict) -> str:
    """The expected value and the normal range; an edge that is None does not limit its side.

    A normal value beyond the range of its model is an edge of the verdict. The sentence has no range then. An
    edge of 0 is also that of a series that is never below 0.
    """
    lower, upper, text = verdict.lower, verdict.upper, _rounding(verdict).text
    expected = f"expected {text(verdict.expected or 0.0)}"
    is_edge = verdict.value == upper or (verdict.value == lower and lower != 0.0)
    if is_edge and verdict.value != verdict.expected:
        return expected
    normal = normal_range(lower, upper, text)
    return f"{expected}, normal {normal}" if normal else expected


def _lasting(change: AlertChange) -> str:
    """When the episode began; of an alert that is open already, also its severity and its length."""
    if change.transition is Transition.FIRING:
        return f" since {clock(change.episode.start)}"
    word = "still" if change.transition is Transition.REMINDER else "now"
    return f", {word} {Severity(change.severity).label} after {anomalies_of(change.episode)}"


def _rounding(verdict: Verdict) -> Rounding:
    return Rounding.of(verdict.value, verdict.expected, verdict.lower, verdict.upper)


def _peak(episode: Episode, rounding: Rounding) -> str:
    return f"peak {rounding.text(episode.peak_value)} (score {episode.peak_score:.0f} of 100)"
