"""What people say of alerts: records of the feedback topic."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from anomaly_stream.model.alerts import Condition
from anomaly_stream.model.event_fields import Labels, Metric
from anomaly_stream.model.evidence import DetectorEvidence

Judgement = Literal["true_alarm", "false_alarm", "expected_change"]

MAX_NOTE = 2000
"""Longest note, in characters."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of an alert: a message of the compacted feedback topic, keyed by the alert's id.

    The newest one of an alert counts. It repeats what identifies the alert, because it is kept for longer.
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this format.")] = 1
    alert_id: Annotated[str, Meta(description="The alert.")]
    judgement: Annotated[
        Judgement,
        Meta(
            description="`true_alarm`: somebody had to know. `false_alarm`: nothing had happened. "
            "`expected_change`: the values did change, and this was planned or known."
        ),
    ]
    note: Annotated[str, Meta(description="Why, for people.")]
    author: Annotated[str, Meta(description="Who said it.")]
    given_at_ms: Annotated[int, Meta(description="When, milliseconds since the epoch.")]
    config_id: Annotated[str, Meta(description="The config of the alert.")]
    owner: Annotated[str, Meta(description="Platform group that owned the config when the alert opened.")]
    metric: Metric
    labels: Labels
    detector: Annotated[
        str, Meta(description="The detector with the strongest evidence when the alert opened.")
    ]
    started_at: Annotated[
        float, Meta(description="Event time of the alert's first anomaly, seconds since the epoch.")
    ]
    condition: Annotated[
        Condition,
        Meta(
            description="What the alert is about. Only feedback on `anomaly`, on values, counts for "
            "precision and tuning."
        ),
    ] = "anomaly"


def leading_detector(evidence: Mapping[str, DetectorEvidence]) -> str:
    """The detector with the smallest tail probability, the first by name of equal ones; empty if none.

    A detector without a probability is a model, which is the only detector of its config.
    """

    def rank(name: str) -> tuple[float, str]:
        p = evidence[name].p
        return (1.0 if p is None else p, name)

    return min(evidence, key=rank, default="")
