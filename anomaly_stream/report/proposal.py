"""A proposed change of a config, and what it would have done with observations that are replayed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import AnomalyStreamError, ConfigError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.feedback import Feedback, Judgement
from anomaly_stream.registry.parsing import Config, parse_one
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.report.trials import RaisedAlert, Trials
from anomaly_stream.report.tuning import (
    Assessment,
    LabelledAlert,
    Objective,
    assess,
    best_of,
    labelled_alerts,
    pairs,
)
from anomaly_stream.report.tuning_grid import Change, changed, single_changes

Replay = Callable[[], Iterable[InputBlock]]
"""Reads the observations from the start; it is called for each pass over them."""
NewTrials = Callable[[Sequence[AnomalyDetectionConfig]], Trials]
"""Makes the run of some versions of a config."""


class JudgedAlert(msgspec.Struct, frozen=True):
    """A labelled alert, and what becomes of it."""

    alert_id: str
    judgement: Judgement
    note: str
    metric: str
    labels: dict[str, str]
    started_at: float
    kept: bool | None
    """Whether the proposal keeps it; None without a proposal."""


class Proposal(msgspec.Struct, frozen=True):
    """What is proposed for a config."""

    config_id: str
    observations: int
    """Of the series of the config."""
    faulty: int
    """Records, or lines of a file, that hold no observation."""
    days: float
    """From the first observation to the last."""
    alerts: list[JudgedAlert]
    """The labelled alerts that the config in force raises again."""
    not_raised: int
    """Labelled alerts that it does not raise again: before the observations, or of an earlier version."""
    tried: int
    """Changes that were tried."""
    in_force: Assessment
    change: dict[str, Any] | None
    """The changed fields; None if no change that was tried is better."""
    proposed: Assessment | None
    document: dict[str, Any] | None
    """The config with the change."""


def propose(
    config: Config,
    document: Mapping[str, Any],
    feedback: Sequence[Feedback],
    replay: Replay,
    new_trials: NewTrials,
    context: ValidationContext,
    objective: Objective,
) -> Proposal:
    """Try changes of ``config``, whose document is given, and propose the best one.

    ``feedback`` is that on all alerts; what is about other configs, or about no values, is ignored.

    Raises:
        AnomalyStreamError: there is nothing to tune by; the message says what to do.
    """
    if not isinstance(config, AnomalyDetectionConfig):
        raise AnomalyStreamError(f"{config.id} is a group: only configs of single metrics can be tuned")
    said = [one for one in feedback if one.config_id == config.id and one.condition == "anomaly"]
    if not said:
        raise AnomalyStreamError(
            f"nobody has said of an alert on values of config {config.id} whether it was right: say it with"
            " `anomaly-stream alerts feedback ALERT_ID false_alarm` (or true_alarm), and tune again"
        )
    base = new_trials([config])
    (in_force,) = _run(base, replay)
    if not base.observations:
        instead = (
            f"{plural(base.others, 'observation')} of other series, {plural(base.faulty, 'faulty record')}"
        )
        raise AnomalyStreamError(
            f"there is no observation of config {config.id} to replay ({instead}): "
            "read them from an earlier time"
        )
    labels, rest = labelled_alerts(said, in_force)
    if not labels:
        raise AnomalyStreamError(
            f"config {config.id} raises none of its {plural(len(said), 'labelled alert')} in these"
            " observations: read them from an earlier time, at least a day before the alerts"
        )
    assessed = assess(in_force, labels, base.days)
    trials = _Tried(document, context, labels, base)
    false_alarms = [label.alert for label in labels if label.feedback.judgement == "false_alarm"]
    if false_alarms:
        trials.run(single_changes(config, false_alarms), replay, new_trials)
        trials.run(pairs(assessed, trials.found, objective), replay, new_trials)
    best = best_of(assessed, trials.found, objective)
    change, proposed = (None, None) if best is None else trials.found[best]
    return Proposal(
        config_id=config.id,
        observations=base.observations,
        faulty=base.faulty,
        days=base.days,
        alerts=_judged(labels, proposed),
        not_raised=len(rest),
        tried=len(trials.found),
        in_force=assessed,
        change=None if change is None else dict(change),
        proposed=proposed,
        document=None if change is None else changed(document, change),
    )


class _Tried:
    """The changes that were tried."""

    def __init__(
        self,
        document: Mapping[str, Any],
        context: ValidationContext,
        labels: Sequence[LabelledAlert],
        base: Trials,
    ) -> None:
        self._document = document
        self._context = context
        self._labels = labels
        self._base = base
        self.found: list[tuple[Change, Assessment]] = []

    def run(self, changes: Iterable[Change], replay: Replay, new_trials: NewTrials) -> None:
        """Try those of ``changes`` that fit the config, in one pass."""
        versions = [(change, config) for change in changes if (config := self._config(change)) is not None]
        if not versions:
            return
        raised = _run(new_trials([config for _, config in versions]), replay)
        for (change, _), alerts in zip(versions, raised, strict=True):
            # Records can have been added since the first pass.
            known = [alert for alert in alerts if alert.start <= self._base.last]
            self.found.append((change, assess(known, self._labels, self._base.days)))

    def _config(self, change: Change) -> AnomalyDetectionConfig | None:
        """The config with ``change``; None if the change does not fit."""
        try:
            config = parse_one(changed(self._document, change), self._context, of_group=False).config
        except ConfigError:
            return None
        return config if isinstance(config, AnomalyDetectionConfig) else None


def _run(trials: Trials, replay: Replay) -> list[list[RaisedAlert]]:
    for block in replay():
        trials.judge(block)
    return trials.alerts()


def _judged(labels: Sequence[LabelledAlert], proposed: Assessment | None) -> list[JudgedAlert]:
    kept: Sequence[bool | None] = [None] * len(labels) if proposed is None else proposed.kept
    found = [
        JudgedAlert(
            label.feedback.alert_id,
            label.feedback.judgement,
            label.feedback.note,
            label.feedback.metric,
            label.feedback.labels,
            label.feedback.started_at,
            is_kept,
        )
        for label, is_kept in zip(labels, kept, strict=True)
    ]
    return sorted(found, key=lambda alert: (alert.judgement, alert.started_at))
