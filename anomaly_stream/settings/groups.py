"""The groups of settings besides Kafka's: topics, worker, metrics, severity."""

import json
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.model import SeverityBands
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
    """Names (before the namespace) and shapes of the topics."""

    metrics: Annotated[
        list[Annotated[MetricsTopic, BeforeValidator(_named)]],
        Field(min_length=1),
        BeforeValidator(_split),
    ] = Field(
        default=["metrics"],
        validate_default=True,
        description="Topics of observations: names, or `{name, format}` for a format other than `json`. The "
        "variable takes `a,b` or a JSON list.",
    )
    configs: TopicName = Field(default="anomaly-configs", description="Compacted topic of the configs.")
    alerts: TopicName = Field(default="anomaly-alerts", description="Topic of the alert events.")
    scores: TopicName = Field(default="anomaly-scores", description="Topic of the scored observations.")
    groups: TopicName = Field(
        default="anomaly-groups",
        description="Topic of the members of groups, by instance; workers alone use it.",
    )
    dead_letter: TopicName = Field(
        default="anomaly-dead-letter", description="Topic of what cannot be decoded."
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Partitions of each metrics topic, of the groups topic and of the state's changelog: at "
        "most as many workers share the work. Cannot be changed later.",
    )
    replication_factor: int = Field(
        default=1, ge=1, le=32, description="Copies of each partition; 3 where there are three brokers."
    )

    @model_validator(mode="after")
    def _distinct(self) -> "TopicSettings":
        metrics = [topic.name for topic in self.metrics]
        names = [*metrics, self.configs, self.alerts, self.scores, self.groups, self.dead_letter]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each topic needs a name of its own, but {', '.join(twice)} stands twice")
        return self


class WorkerSettings(Section):
    """How a worker reads, checkpoints and keeps its place in the group."""

    checkpoint_interval_s: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="Seconds between checkpoints; after a crash this much is read again.",
    )
    session_timeout_s: float = Field(
        default=45.0,
        ge=6,
        le=1800,
        description="Seconds without a heartbeat after which a worker is given up.",
    )
    fencing: Literal["transactions", "off"] = Field(
        default="transactions",
        description="How a worker that was paused is kept from overwriting newer state. `off` is for brokers "
        "without transactions (the embedded one), and sound with one worker only.",
    )
    release_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Most seconds for the last checkpoint of partitions that move away.",
    )
    slice_records: int = Field(
        default=20_000, ge=1, le=1_000_000, description="Most records of one step of the engine."
    )
    fetch_bytes: int = Field(
        default=4 * 2**20, ge=1024, le=2**30, description="Most bytes of one fetch of a partition."
    )
    max_series: int = Field(
        default=1_000_000,
        ge=1,
        description="Most series of the process, over all partitions that it holds; new ones are left out "
        "beyond it, and those that are known go on.",
    )
    max_state_bytes: int = Field(
        default=4 * 2**30,
        ge=2**20,
        description="Most bytes of memory for baselines, over all partitions; new series are left out "
        "beyond it. Baselines of known series go on growing to `window_points`.",
    )
    stall_timeout_s: float = Field(
        default=180.0,
        ge=10,
        le=3600,
        description="Seconds for which the event loop may stand, or a partition with lag not move, before "
        "`/livez` says so.",
    )
    output_buffer: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description="Unacknowledged records at which reading waits.",
    )


class MetricsSettings(Section):
    """Where a worker serves its metrics to Prometheus, and its health (`/livez`, `/readyz`)."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(default=9464, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")


class SeveritySettings(Section):
    """Where the bands of severity begin."""

    moderate: float = Field(
        default=60.0, ge=0, le=100, description="Score from which an anomaly is moderate."
    )
    severe: float = Field(
        default=80.0,
        ge=0,
        le=100,
        description="Score from which an anomaly is severe, if its effect is large too.",
    )
    severe_effect: float = Field(
        default=1.5,
        ge=0,
        description="Least effect of a severe anomaly: distance from the expected value over that of the "
        "nearer edge of the normal band.",
    )
    escalate_after: int = Field(
        default=30, ge=1, description="Anomalies of an episode that raise its severity by one."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "SeveritySettings":
        if self.severe < self.moderate:
            raise ValueError("severe must be at least moderate")
        return self

    def bands(self) -> SeverityBands:
        """The bands as the engine takes them."""
        return SeverityBands(**self.model_dump())
