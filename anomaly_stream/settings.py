"""Settings of a process: from a YAML file and ``ANOMALY_STREAM_*`` variables, which win.

A nested field's variable has two underscores a level: ``ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from anomaly_stream.errors import SettingsError
from anomaly_stream.kafka_settings import KafkaSettings, Section
from anomaly_stream.model import SeverityBands
from anomaly_stream.registry.faults import field_faults
from anomaly_stream.registry.texts import load_text

PREFIX = "ANOMALY_STREAM_"

#: Names the settings file where the command line does not.
FILE_VARIABLE = f"{PREFIX}SETTINGS"

TopicName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=140)]


def _split(value: object) -> object:
    """A list of ``a,b`` too, as environment variables spell it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class TopicSettings(Section):
    """Names (before the namespace) and shapes of the topics."""

    metrics: Annotated[list[TopicName], Field(min_length=1), BeforeValidator(_split)] = Field(
        default=["metrics"], description="Topics that observations arrive on."
    )
    configs: TopicName = Field(default="anomaly-configs", description="Compacted topic of the configs.")
    alerts: TopicName = Field(default="anomaly-alerts", description="Topic of the alert events.")
    scores: TopicName = Field(default="anomaly-scores", description="Topic of the scored observations.")
    dead_letter: TopicName = Field(
        default="anomaly-dead-letter", description="Topic of what cannot be decoded."
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Partitions of each metrics topic and of the state's changelog: at most as many workers "
        "share the work. Cannot be changed later.",
    )
    replication_factor: int = Field(
        default=1, ge=1, le=32, description="Copies of each partition; 3 where there are three brokers."
    )

    @model_validator(mode="after")
    def _distinct(self) -> "TopicSettings":
        names = [*self.metrics, self.configs, self.alerts, self.scores, self.dead_letter]
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
    output_buffer: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description="Unacknowledged records at which reading waits.",
    )


class MetricsSettings(Section):
    """Where Prometheus finds the worker's own metrics."""

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


class Settings(Section):
    """Everything that a process needs to know; :func:`load_settings` reads it."""

    kafka: KafkaSettings = Field(default=KafkaSettings(), description="How to reach Kafka.")
    namespace: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$", max_length=100)
    ] = Field(
        default="",
        description="Stands before the names of all topics, the group and the app: `staging-metrics`.",
    )
    data_dir: Path = Field(default=Path("data"), description="Directory of the local copy of the state.")
    topics: TopicSettings = Field(default=TopicSettings(), description="Names and shapes of the topics.")
    worker: WorkerSettings = Field(
        default=WorkerSettings(), description="How a worker reads and checkpoints."
    )
    metrics: MetricsSettings = Field(
        default=MetricsSettings(), description="Where Prometheus finds a worker."
    )
    severity: SeveritySettings = Field(
        default=SeveritySettings(), description="Where the bands of severity begin."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level of what is logged."
    )

    def namespaced(self, name: str) -> str:
        """``name`` behind the namespace."""
        return f"{self.namespace}-{name}" if self.namespace else name

    @property
    def app_id(self) -> str:
        """Id of the Faust app, which is the consumer group's name too."""
        return self.namespaced("anomaly-stream")


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the YAML file at ``path``, if any, under those of the environment.

    Raises:
        SettingsError: with all faults, one a line, each with its field or variable.
    """
    variables = {
        _location(name): (name, value)
        for name, value in sorted(environ.items())
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value
    }
    document = _read_file(path) if path is not None else {}
    for location, (_, value) in variables.items():
        _put(document, location, value)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        names = {".".join(location): name for location, (name, _) in variables.items()}
        faults = [
            f"{names.get(fault.field, fault.field)}: {fault.message}"
            for fault in field_faults(error, Settings)
        ]
        raise SettingsError("\n".join(faults)) from None


def _location(variable: str) -> tuple[str, ...]:
    """``ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS`` as ``("kafka", "bootstrap_servers")``."""
    return tuple(variable.removeprefix(PREFIX).lower().split("__"))


def _put(document: dict[str, Any], location: tuple[str, ...], value: str) -> None:
    *sections, field = location
    for section in sections:
        if not isinstance(document.get(section), dict):
            document[section] = {}
        document = document[section]
    document[field] = value


def _read_file(path: Path) -> dict[str, Any]:
    try:
        documents = load_text(path.read_text(encoding="utf-8"), path.name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"{path}: cannot be read: {reason}") from None
    match documents:
        case []:
            return {}
        case [dict(document)]:
            return document
    raise SettingsError(f"{path}: must be one mapping of settings")
