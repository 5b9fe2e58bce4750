"""The published events: score records and alert events. Field order is the order on the topic.

The JSON Schemas of both are generated from these types. A new field has a default, so that records written
before it stay readable.
"""

from typing import Annotated, Any, Literal

import msgspec

from anomaly_stream.model.reasons import REASONS, WITHDRAWALS

AlertStatus = Literal["firing", "updated", "reminder", "resolved"]
SCHEMA_VERSION = 1
"""It rises with every change that breaks consumers. An added field is not such a change."""


def _field(description: str, **schema: Any) -> msgspec.Meta:
    """What the JSON Schema says about a field in addition to its type. Decoders do not check it."""
    return msgspec.Meta(description=description, extra_json_schema=schema)


_SCORE = {"minimum": 0, "maximum": 100}
_SEVERITIES = ("minor", "moderate", "severe")
_ID = {"pattern": "^[0-9a-f]{32}$"}
_REASONS = " ".join(f"`{one.name}`: {one.meaning}" for one in (*REASONS, *WITHDRAWALS))

SchemaVersion = Annotated[
    int, _field("Version of this format. Added fields do not change it.", const=SCHEMA_VERSION)
]
ConfigId = Annotated[str, _field("The config that judged the observation.")]
Metric = Annotated[str, _field("Name of the metric; of a group, the id of its config.", minLength=1)]
Labels = Annotated[
    dict[str, str],
    _field("Labels of the series and of the config, sorted by name. Those of the series win."),
]
Lower = Annotated[
    float | None,
    _field("Lower edge of the normal range: a value below it is an anomaly. Null: there is no lower edge."),
]
Upper = Annotated[
    float | None,
    _field("Upper edge of the normal range: a value above it is an anomaly. Null: there is no upper edge."),
]
Value = Annotated[float, _field("The value; of a counter, its increase per second; of a group, its score.")]


class Source(msgspec.Struct, frozen=True):
    """The Kafka record that held the observation."""

    topic: Annotated[str, _field("Its topic.")]
    partition: Annotated[int, _field("Its partition.", minimum=0)]
    offset: Annotated[int, _field("Its offset.", minimum=0)]


class DetectorEvidence(msgspec.Struct, frozen=True):
    """The evidence of one detector."""

    statistic: Annotated[float, _field("In the detector's own unit; positive is above the baseline.")]
    p: Annotated[
        float | None,
        _field(
            "Tail probability of the statistic in the detector's own model; null if it gives none.",
            minimum=0,
            maximum=1,
        ),
    ]


class MemberEvidence(msgspec.Struct, frozen=True):
    """The contribution of one member of a group."""

    value: Annotated[float | None, _field("Its value; null if it was missing.")]
    expected: Annotated[float | None, _field("Its expected value; null if it was not computed.")]
    share: Annotated[
        float,
        _field(
            "Its share in the deviation, negative below the expected value; absolute shares sum to 1.",
            minimum=-1,
            maximum=1,
        ),
    ]


class PairEvidence(msgspec.Struct, frozen=True):
    """Two members of a group whose correlation changed."""

    members: Annotated[tuple[str, str], _field("Their names.")]
    expected: Annotated[float, _field("Their usual correlation.", minimum=-1, maximum=1)]
    seen: Annotated[float, _field("Their recent correlation.", minimum=-1, maximum=1)]


class GroupEvidence(msgspec.Struct, frozen=True):
    """The members of a group that contributed to the verdict, and the pairs whose correlation changed."""

    members: Annotated[dict[str, MemberEvidence], _field("By name of the member.")]
    pairs: Annotated[list[PairEvidence], _field("The largest change first.")]


class Episode(msgspec.Struct, frozen=True):
    """The episode of an alert so far."""

    start: Annotated[float, _field("Event time of its first anomaly, seconds since the epoch.")]
    end: Annotated[float, _field("Event time of its last anomaly so far, seconds since the epoch.")]
    peak_score: Annotated[float, _field("Its highest score.", **_SCORE)]
    peak_value: Annotated[float, _field("The value with the highest score.")]
    count: Annotated[int, _field("Its anomalies so far.", minimum=1)]


Reason = Annotated[
    str | None, _field(f"What was found; null for an observation that is not an anomaly. {_REASONS}")
]
Detectors = Annotated[
    dict[str, DetectorEvidence], _field("The evidence of each detector of the config, by its name.")
]
Group = Annotated[GroupEvidence | msgspec.UnsetType, _field("Present for groups only.")]


class ScoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of one config on one observation: a message of the scores topic, keyed by the series, and a
    line of `anomaly-stream score`."""

    schema_version: SchemaVersion
    config_id: Annotated[
        str,
        _field(
            "The config that judged the observation; empty in a line of `anomaly-stream score --all` if none "
            "did."
        ),
    ]
    metric: Metric
    labels: Labels
    timestamp: Annotated[float, _field("Event time of the observation, seconds since the epoch.")]
    value: Value
    status: Annotated[
        str,
        _field(
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
        float | None, _field("The value that the baseline expects. Null for groups, and while learning.")
    ]
    lower: Lower
    upper: Upper
    score: Annotated[
        float | None,
        _field(
            "Score from 0 to 100: -10 log10(p), combined over the detectors; for a model, ranked evidence. "
            "Null while learning.",
            **_SCORE,
        ),
    ]
    alert_score: Annotated[
        float | None,
        _field(
            "The score that opens an alert. A model may lower it if something similar was reported before; "
            "otherwise it is the score.",
            **_SCORE,
        ),
    ]
    maturity: Annotated[
        float | None,
        _field(
            "Known share of the season in use; 0 while none is in use. Null without a `seasonality`.",
            minimum=0,
            maximum=1,
        ),
    ]
    severity: Annotated[
        str | None,
        _field("Severity of this observation; null if it is not an anomaly.", enum=[*_SEVERITIES, None]),
    ]
    reason: Reason
    detectors: Detectors
    source: Source
    group: Group = msgspec.UNSET


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an alert: a message of the alerts topic, keyed by the alert's fingerprint. It is a pure
    function of config and input: a repeated event has the same bytes and the same `event_id`."""

    schema_version: SchemaVersion
    event_id: Annotated[
        str, _field("Identity of the event: drop an event whose id you have already seen.", **_ID)
    ]
    alert_id: Annotated[str, _field("Identity of the episode: the same from `firing` to `resolved`.", **_ID)]
    status: Annotated[
        AlertStatus,
        _field(
            "`firing` opens the alert, `updated` raises its severity, `resolved` ends it. `reminder`: it "
            "lasts (only with a `repeat_interval`)."
        ),
    ]
    config_id: ConfigId
    owner: Annotated[str, _field("Platform group that owns the config; empty if none does.")]
    metric: Metric
    labels: Labels
    annotations: Annotated[dict[str, str], _field("Annotations of the config, such as `runbook_url`.")]
    timestamp: Annotated[
        float,
        _field(
            "Event time of the observation that caused the event, seconds since the epoch. If a change of "
            "the config resolved the alert, that of its last anomaly or event."
        ),
    ]
    value: Value
    expected: Annotated[
        float | None,
        _field(
            "The value that the baseline expects. Null for groups, and if a change of the config resolved "
            "the alert."
        ),
    ]
    lower: Lower
    upper: Upper
    score: Annotated[
        float,
        _field(
            "Score of this observation: -10 log10(p), combined over the detectors; "
            "for a model, ranked evidence.",
            **_SCORE,
        ),
    ]
    severity: Annotated[str, _field("Severity of the episode so far.", enum=list(_SEVERITIES))]
    reason: Reason
    detectors: Detectors
    episode: Episode
    explanation: Annotated[str, _field("One sentence for people.", minLength=1)]
    source: Annotated[
        Source | None,
        _field("The Kafka record that caused the event. Null if a change of the config resolved the alert."),
    ]
    sequence: Annotated[
        int,
        _field(
            "Number of the event within its alert: 1 for `firing`, and one more for each event after it. Of "
            "two events of an alert, the one with the higher number is newer. 0: written by an earlier "
            "release.",
            minimum=0,
        ),
    ] = 0
    group: Group = msgspec.UNSET
