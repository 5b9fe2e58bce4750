"""What an API process and its task processes say to each other: JSON in frames, over standard streams.

A frame is its length (4 bytes, big-endian) and its content. The first frame to a task process holds the
settings; each further one is a request. A request has any number of ``Progress`` replies and then one other.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import SecretStr

from anomaly_stream.report.tuning import Objective
from anomaly_stream.settings import Settings

LENGTH_BYTES = 4
NULL = msgspec.Raw(b"null")


class PrepareTask(msgspec.Struct, tag="prepare", frozen=True):
    """Get ready for previews: compile or load what they need. The result is null."""


class PreviewTask(msgspec.Struct, tag="preview", frozen=True, kw_only=True):
    """Run a config over observations."""

    config: dict[str, Any]
    observations: msgspec.Raw = NULL
    """JSON array of messages of a metrics topic; null: read the metrics topics."""
    since_ms: int = 0
    """Kafka timestamp from which the metrics topics are read."""
    limit: int
    """The most records that are read from the metrics topics."""
    seconds: float
    """The most seconds that reading them takes."""
    points: int
    """The most points of all series together in the answer."""


class LoadTask(msgspec.Struct, tag="load", frozen=True, kw_only=True):
    """Load the history in a file."""

    job_id: str
    config_id: str
    file: int
    """The file descriptor that the process inherits."""
    options: dict[str, Any]
    """Fields of ``IntakeOptions``."""


class UnlearnTask(msgspec.Struct, tag="unlearn", frozen=True, kw_only=True):
    """Remove values from baselines: those of a range, or by an alert."""

    job_id: str
    config_id: str
    author: str
    alert_id: str | None = None
    """The alert; None: the range and the series are given."""
    before: bool = False
    """Whether the values before the alert leave, in place of its own."""
    begin: float | None = None
    """First event time that leaves; None: no first one."""
    end: float | None = None
    metric: str | None = None
    """Metric of the only series that is affected; None: all are."""
    labels: dict[str, str] = {}
    """Its labels."""
    learn_from: float | None = None
    """Kafka timestamp from which the metrics topics are learned again, in seconds; None: the end of a range
    without a begin."""


class TuneTask(msgspec.Struct, tag="tune", frozen=True, kw_only=True):
    """Propose a change of a config by the feedback on its alerts."""

    job_id: str
    config_id: str
    since: float
    """Kafka timestamp from which the metrics topics are replayed, in seconds."""
    objective: Objective


class Progress(msgspec.Struct, tag="progress", frozen=True):
    """How far a load has come."""

    observations: int
    series: int
    faulty: int


class Result(msgspec.Struct, tag="result", frozen=True):
    """The result of a task as JSON."""

    body: msgspec.Raw


class Failure(msgspec.Struct, tag="failure", frozen=True):
    """Why a task failed: its own fault, or that of its input."""

    detail: str
    faults: list[tuple[str, str]] = []
    """Faults of a config, by field."""
    is_unexpected: bool = False
    """Not the fault of the input: the process ended, or Kafka did not answer."""


JobTask = LoadTask | UnlearnTask | TuneTask
Task = PrepareTask | PreviewTask | JobTask
Reply = Progress | Result | Failure
encode = msgspec.json.Encoder().encode
decode_task = msgspec.json.Decoder(Task).decode
decode_reply = msgspec.json.Decoder(Reply).decode


def framed(content: bytes) -> bytes:
    """The frame with this content."""
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def encode_settings(settings: Settings) -> bytes:
    """The settings that were given, with their secrets, as JSON: only for the pipe to our own process."""
    return encode(_revealed(settings.model_dump(exclude_unset=True)))


def decode_settings(content: bytes) -> Settings:
    """The inverse of ``encode_settings``."""
    return Settings.model_validate(msgspec.json.decode(content))


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {name: _revealed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
