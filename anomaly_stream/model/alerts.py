"""The published events: score records and alert events. Field order is the order on the topic.

The JSON Schemas of both are generated from these types. A new field has a default, so that records written
before it stay readable.
"""

from typing import Annotated, Literal

import msgspec

from anomaly_stream.model.event_fields import (
    ConfigId,
    Detectors,
    FoundSide,
    Group,
    Labels,
    Lower,
    Metric,
    Reason,
    SchemaVersion,
    Upper,
    Value,
)
from anomaly_stream.model.evidence import field

AlertStatus = Literal["firing", "updated", "reminder", "resolved"]
Condition = Literal["anomaly", "no_data", "overflow"]

_SCORE = {"minimum": 0, "maximum": 100}
_SEVERITIES = ("minor", "moderate", "severe")
_ID = {"pattern": "^[0-9a-f]{32}$"}


class Source(msgspec.Struct, frozen=True):
    """The Kafka record that held the observation."""

    topic: Annotated[str, field("Its topic.")]
    partition: Annotated[int, field("Its partition.", minimum=0)]
    offset: Annotated[int, field("Its offset.", minimum=0)]


class Episode(msgspec.Struct, frozen=True):
    """The episode of an alert so far."""

    start: Annotated[float, field("Event time of its first anomaly, seconds since the epoch.")]
    end: Annotated[float, field("Event time of its last anomaly so far, seconds since the epoch.")]
    peak_score: Annotated[float, field("Its highest score.", **_SCORE)]
    peak_value: Annotated[
        float, field("Its highest value if it began above what was expected, its lowest if it began below.")
    ]
    count: Annotated[int, field("Its anomalies so far.", minimum=1)]


class ScoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of one config on one observation: a message of the scores topic, keyed by the series, and a
    line of `anomaly-stream score`."""

    schema_version: SchemaVersion
    config_id: Annotated[
        str,
        field(
            "The config that judged the observation; empty in a line of `anomaly-stream score --all` if none "
            "did."
        ),
    ]
    metric: Metric
    labels: Labels
    timestamp: Annotated[float, field("Event time of the observation, seconds since the epoch.")]
    value: Value
    status: Annotated[
        str,
        field(
            "`learning`: not scored, because there are too few values or the value is only to be learned. On "
            "the topic, it is `learning`, `normal` or `anomaly`. `anomaly-stream score --all` also writes a "
            "line for an observation that no config judged: `unmatched`, `member` (only groups watch its "
            "series), `late`, `duplicate`, `ahead` or `refused`.",
            enum=[
                *("learning", "normal", "anomaly"),
                *("unmatched", "member", "late", "duplicate", "ahead", "refused"),
            ],
        ),
    ]
    expected: Annotated[
        float | None,
        field(
            "The value that the baseline expects; at least 0 if the series has never been below 0. Null for "
            "groups, and while learning."
        ),
    ]
    lower: Lower
    upper: Upper
    score: Annotated[
        float | None,
        field(
            "Score from 0 to 100: -10 log10(p), combined over the detectors; for a model, ranked evidence. "
            "Null while learning.",
            **_SCORE,
        ),
    ]
    alert_score: Annotated[
        float | None,
        field(
            "The score that opens an alert. A model may lower it if something similar was reported before; "
            "otherwise it is the score.",
            **_SCORE,
        ),
    ]
    maturity: Annotated[
        float | None,
        field(
            "Known share of the season in use; 0 while none is in use. Null without a `seasonality`.",
            minimum=0,
            maximum=1,
        ),
    ]
    severity: Annotated[
        str | None,
        field("Severity of this observation; null if it is not an anomaly.", enum=[*_SEVERITIES, None]),
    ]
    reason: Reason
    detectors: Detectors
    source: Source
    group: Group = msgspec.UNSET
    alert_threshold: Annotated[
        float | msgspec.UnsetType,
        field(
            "The alert score at which an alert opens. Present where it follows from the step of the series: "
            "with `max_false_alarms` without a `step`.",
            **_SCORE,
        ),
    ] = msgspec.UNSET
    known_since: Annotated[
        float | msgspec.UnsetType,
        field(
            "Present for an anomaly that counts as normal for its alert, because `false_alarm` with `teach` "
            "said that such a deviation is known: when it did, seconds since the epoch."
        ),
    ] = msgspec.UNSET
    side: FoundSide = msgspec.UNSET


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an alert: a message of the alerts topic, keyed by the alert's fingerprint. It is a pure
    function of config and input: a repeated event has the same bytes and the same `event_id`."""

    schema_version: SchemaVersion
    event_id: Annotated[
        str, field("Identity of the event: drop an event whose id you have already seen.", **_ID)
    ]
    alert_id: Annotated[str, field("Identity of the episode: the same from `firing` to `resolved`.", **_ID)]
    status: Annotated[
        AlertStatus,
        field(
            "`firing` opens the alert, `updated` raises its severity, `resolved` ends it. `reminder`: it "
            "lasts (only with a `repeat_interval`)."
        ),
    ]
    config_id: ConfigId
    owner: Annotated[str, field("Platform group that owns the config; empty if none does.")]
    metric: Metric
    labels: Labels
    annotations: Annotated[dict[str, str], field("Annotations of the config, such as `runbook_url`.")]
    timestamp: Annotated[
        float,
        field(
            "Event time of the observation that caused the event, seconds since the epoch. If a change of "
            "the config resolved the alert, that of its last anomaly or event."
        ),
    ]
    value: Value
    expected: Annotated[
        float | None,
        field("The expected value. Null for groups, and if a change of the config resolved the alert."),
    ]
    lower: Lower
    upper: Upper
    score: Annotated[
        float,
        field(
            "Score of this observation: -10 log10(p), combined over the detectors; "
            "for a model, ranked evidence.",
            **_SCORE,
        ),
    ]
    severity: Annotated[
        str,
        field(
            "Severity of the episode so far: that of its worst anomaly, and one higher as soon as it has "
            "`severity.escalate_after` anomalies (30). `score` is that of this observation alone.",
            enum=list(_SEVERITIES),
        ),
    ]
    reason: Reason
    detectors: Detectors
    episode: Episode
    explanation: Annotated[str, field("One sentence for people.", minLength=1)]
    source: Annotated[
        Source | None,
        field("The Kafka record that caused the event. Null if a change of the config resolved the alert."),
    ]
    sequence: Annotated[
        int,
        field(
            "Number of the event within its alert: 1 for `firing`, and one more for each event after it. Of "
            "two events of an alert, the one with the higher number is newer. 0: written by an earlier "
            "release.",
            minimum=0,
        ),
    ] = 0
    incident_id: Annotated[
        str | None,
        field(
            "Identity of the incident: the same for all alerts of the owner that share the labels "
            "`incident.by` of their config and start in the same window of time. The one with the earliest "
            "`episode.start` is the first cause. Null if the config has no `incident`, or the alert lacks a "
            "label.",
            **_ID,
        ),
    ] = None
    group: Group = msgspec.UNSET
    condition: Annotated[
        Condition,
        field(
            "What the alert is about. `anomaly`: values of the series. `no_data`: it sends none. Then "
            "`value` is the time since its last value, `expected` the longest of its usual pauses, and "
            "`upper` the limit of `no_data`, all in seconds; `score` is 100, and `episode` begins with its "
            "last value. `overflow`: alerts of its owner are withheld (`worker.max_open_alerts`), the first "
            "of them on this series; `value` is their number so far."
        ),
    ] = "anomaly"
    side: FoundSide = msgspec.UNSET
