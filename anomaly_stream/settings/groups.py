"""The sections of the settings besides Kafka's: worker, metrics, severity."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from anomaly_stream.model import SeverityBands
from anomaly_stream.settings.section import Section

InstanceId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=200)
]


class WorkerSettings(Section):
    """How a worker reads, checkpoints, and takes part in its group."""

    checkpoint_interval_s: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="Seconds between checkpoints. After a crash, up to this much input is read again.",
    )
    session_timeout_s: float = Field(
        default=10.0,
        ge=6,
        le=1800,
        description="Seconds without a heartbeat after which a worker loses its partitions. The partitions "
        "of a killed worker are silent for about this long.",
    )
    heartbeat_interval_s: float = Field(
        default=1.0,
        ge=0.1,
        le=600,
        description="Seconds between heartbeats, at most a third of `session_timeout_s`. A worker notices a "
        "rebalance at its next heartbeat.",
    )
    group_instance_id: InstanceId | None = Field(
        default=None,
        description="Name of this worker in its group, for static membership: a restart within "
        "`session_timeout_s` moves no partitions. It must differ between workers and be the same after a "
        "restart.",
    )
    fencing: Literal["transactions", "off"] = Field(
        default="transactions",
        description="How a worker that was paused is kept from overwriting newer state. `off` is for brokers "
        "without transactions, such as the embedded one, and safe with one worker only.",
    )
    configs_after_crash: Literal["same", "newest"] = Field(
        default="same",
        description="Configs under which a worker judges what was in the topics when the last owner of a "
        "partition crashed: the `same` as that one, so that events are the same, or the `newest`. Set "
        "`newest` only where a config that was deleted or changed since is what makes workers crash.",
    )
    release_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Maximum seconds for the last checkpoint of partitions that move to another worker.",
    )
    slice_records: int = Field(
        default=20_000, ge=1, le=1_000_000, description="Maximum number of records in one step of the engine."
    )
    fetch_bytes: int = Field(
        default=4 * 2**20, ge=1024, le=2**30, description="Maximum bytes of one fetch of a partition."
    )
    max_series: int = Field(
        default=1_000_000,
        ge=1,
        description="Maximum number of series of the process, over all partitions that it holds. Beyond it, "
        "new series are excluded and known ones continue.",
    )
    max_state_bytes: int = Field(
        default=4 * 2**30,
        ge=2**20,
        description="Maximum memory for baselines in bytes, over all partitions. Beyond it, new series are "
        "excluded; baselines of known series still grow to `window_points`.",
    )
    max_ahead_s: float = Field(
        default=3600.0,
        gt=0,
        le=1e10,
        description="Maximum seconds by which the time of an observation may be ahead of the timestamp of "
        "its Kafka record. Beyond it, the record goes to the dead-letter topic with the reason `ahead`.",
    )
    max_open_alerts: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of open alerts of an owner in each partition, without those of groups. "
        "Further alerts are withheld until others are resolved, and one alert says so. The default is no "
        "maximum. It must be the same for all workers.",
    )
    stall_timeout_s: float = Field(
        default=180.0,
        ge=10,
        le=3600,
        description="Seconds after which `/livez` fails if the event loop is blocked, or a partition with "
        "lag does not advance.",
    )
    status_interval_s: float = Field(
        default=5.0,
        ge=0.1,
        le=3600,
        description="Seconds between the reports of a worker to the status topic. A partition without a "
        "change is reported less often.",
    )
    output_buffer: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description="Number of unacknowledged output records at which reading pauses.",
    )

    @model_validator(mode="after")
    def _three_heartbeats(self) -> "WorkerSettings":
        if self.heartbeat_interval_s > self.session_timeout_s / 3:
            raise ValueError(
                f"heartbeat_interval_s ({self.heartbeat_interval_s:g}) must be at most a third of "
                f"session_timeout_s ({self.session_timeout_s:g}): one lost heartbeat must not end a session"
            )
        return self


class MetricsSettings(Section):
    """Where a worker serves metrics for Prometheus, and its health (`/livez`, `/readyz`)."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(default=9464, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")


class SeveritySettings(Section):
    """Where the severity bands begin."""

    moderate: float = Field(default=60.0, ge=0, le=100, description="Minimum score of a moderate anomaly.")
    severe: float = Field(
        default=80.0,
        ge=0,
        le=100,
        description="Minimum score of a severe anomaly, which also needs a large effect.",
    )
    severe_effect: float = Field(
        default=1.5,
        ge=0,
        description="Minimum effect of a severe anomaly: |value - expected| / |edge - expected|, where edge "
        "is the nearer edge of the normal band.",
    )
    escalate_after: int = Field(
        default=30,
        ge=1,
        description="Number of anomalies in an episode that raises its severity by one level.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "SeveritySettings":
        if self.severe < self.moderate:
            raise ValueError("severe must be at least moderate")
        return self

    def bands(self) -> SeverityBands:
        """The bands as the engine uses them."""
        return SeverityBands(**self.model_dump())
