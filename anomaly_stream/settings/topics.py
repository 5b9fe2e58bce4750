"""The section of the settings about topics."""

import json
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.settings.section import Section

TopicName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=140)]


class MetricsTopic(Section):
    """A topic of observations: a name alone stands for JSON messages."""

    name: TopicName = Field(description="Name of the topic, before the namespace.")
    format: str = Field(default=DEFAULT_FORMAT, description="Format of the messages.")

    @field_validator("format")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in FORMATS:
            raise ValueError(f"{name!r} is not a format{did_you_mean(name, FORMATS)}")
        return name


def _split(value: object) -> object:
    """The list of an environment variable: ``a,b``, or JSON where a topic needs more than its name."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"must be names with commas between, or a JSON list: {error}") from None


def _named(topic: object) -> object:
    return {"name": topic} if isinstance(topic, str) else topic


class TopicSettings(Section):
    """Names, without the namespace, and shapes of the topics."""

    metrics: Annotated[
        list[Annotated[MetricsTopic, BeforeValidator(_named)]],
        Field(min_length=1),
        BeforeValidator(_split),
    ] = Field(
        default=["metrics"],
        validate_default=True,
        description="Topics with observations: names, or `{name, format}` for a format other than `json`; "
        "`json_milliseconds` has numbers in `timestamp` in milliseconds. The variable takes `a,b` or a JSON "
        "list.",
    )
    configs: TopicName = Field(default="anomaly-configs", description="Compacted topic with the configs.")
    alerts: TopicName = Field(default="anomaly-alerts", description="Topic for alert events.")
    scores: TopicName = Field(default="anomaly-scores", description="Topic for scored observations.")
    groups: TopicName = Field(
        default="anomaly-groups",
        description="Topic for the members of groups, by instance. Only workers use it.",
    )
    tokens: TopicName = Field(
        default="anomaly-api-tokens", description="Compacted topic with the hashes of API tokens."
    )
    dead_letter: TopicName = Field(
        default="anomaly-dead-letter", description="Topic for records that cannot be decoded."
    )
    status: TopicName = Field(
        default="anomaly-status",
        description="Compacted topic on which workers report what they hold: configs, series, metrics seen.",
    )
    baselines: TopicName = Field(
        default="anomaly-baselines", description="Compacted topic with baselines learned from histories."
    )
    jobs: TopicName = Field(
        default="anomaly-jobs", description="Compacted topic with the progress of loads of histories."
    )
    feedback: TopicName = Field(
        default="anomaly-feedback", description="Compacted topic with what people say of alerts."
    )
    silences: TopicName = Field(
        default="anomaly-silences",
        description="Compacted topic with silences, maintenance windows and inhibitions.",
    )
    notifications: TopicName = Field(
        default="anomaly-notifications",
        description="Compacted topic with the state of `anomaly-stream notify`.",
    )
    undelivered: TopicName = Field(
        default="anomaly-undelivered",
        description="Compacted topic with notifications that were given up.",
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Partitions of each metrics topic, of the groups topic and of the changelog. The number "
        "limits how many workers share the work, and cannot be changed later.",
    )
    replication_factor: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Copies of each partition: 3 on a cluster of three or more brokers.",
    )

    @model_validator(mode="after")
    def _distinct(self) -> "TopicSettings":
        metrics = [topic.name for topic in self.metrics]
        names = [
            *metrics,
            self.configs,
            self.alerts,
            self.scores,
            self.groups,
            self.tokens,
            self.dead_letter,
            self.baselines,
            self.jobs,
            self.feedback,
            self.silences,
            self.notifications,
            self.undelivered,
            self.status,
        ]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"topic names must be distinct, but {', '.join(twice)} is used twice")
        return self
