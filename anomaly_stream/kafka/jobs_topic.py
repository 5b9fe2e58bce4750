"""The compacted jobs topic: what the API loads, un-learns and proposes, and how far that has come; and what
the commands `backfill` and `configs unlearn` have done.

Any replica answers for a job of any other. A job lives in one process; if that dies, its record is no longer
renewed, and readers report the job as lost.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from confluent_kafka import Message

from anomaly_stream.kafka.record_writer import RecordWriter
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings

RENEWED_S = 2.0
"""A running job renews its record at least this often, in seconds."""
LOST_AFTER_S = 30.0
"""A running job whose record is older than this many seconds is lost."""
MAX_JOBS = 10_000
"""Older jobs are forgotten."""

JobState = Literal["running", "done", "failed", "lost"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A load of a history, a removal of values from baselines, or a proposal."""

    id: Annotated[str, msgspec.Meta(description="Id of the job.")]
    config_id: Annotated[str, msgspec.Meta(description="The config that the job is about.")]
    owner: Annotated[str, msgspec.Meta(description="Platform group that owns the config.")]
    author: Annotated[str, msgspec.Meta(description="Who started the job.")]
    state: Annotated[
        JobState,
        msgspec.Meta(description="`lost`: its process ended without a result; start it again."),
    ]
    started_at_ms: int
    updated_at_ms: int
    observations: int = 0
    series: int = 0
    faulty: Annotated[int, msgspec.Meta(description="Lines that hold no observation.")] = 0
    faults: Annotated[list[str], msgspec.Meta(description="The first of them, and why.")] = []
    baselines: Annotated[
        int, msgspec.Meta(description="Baselines published; workers take them at their next value.")
    ] = 0
    removed: Annotated[int, msgspec.Meta(description="Values that left the baselines.")] = 0
    reset: Annotated[
        int,
        msgspec.Meta(
            description="Series without any other value: they begin anew, and forget what feedback taught."
        ),
    ] = 0
    statuses: Annotated[dict[str, int], msgspec.Meta(description="Observations by what became of them.")] = {}
    warnings: list[str] = []
    proposal: Annotated[
        dict[str, Any] | None,
        msgspec.Meta(
            description="Of a tuning: the change, and what becomes of the alerts with feedback, as "
            "`anomaly-stream tune --json` prints it."
        ),
    ] = None
    error: Annotated[str, msgspec.Meta(description="Why the job failed, and the cure.")] = ""


_OF_RESULT = (
    "observations", "baselines", "removed", "reset", "statuses", "faulty", "faults", "warnings", "proposal",
)  # fmt: skip
_decoder = msgspec.json.Decoder(Job)


def encode_job(job: Job) -> tuple[bytes, bytes]:
    """Key and value of a job on the topic."""
    return job.id.encode(), msgspec.json.encode(job)


def of_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a job that the result of its work has."""
    return {name: result[name] for name in _OF_RESULT if name in result}


def seen_at(job: Job, now_ms: int) -> Job:
    """The job as a reader reports it: one that runs, and is no longer renewed, is lost."""
    is_lost = job.state == "running" and now_ms - job.updated_at_ms > LOST_AFTER_S * 1000
    return msgspec.structs.replace(job, state="lost") if is_lost else job


def jobs_view(settings: Settings) -> TopicView[Mapping[str, Job]]:
    """A view of the newest jobs by id, not started."""
    return TopicView(settings, TopicNames.of(settings).jobs, MappingProxyType({}), _with_messages)


def _with_messages(jobs: Mapping[str, Job], messages: Sequence[Message]) -> Mapping[str, Job]:
    changed = dict(jobs)
    for message in messages:
        try:
            job = _decoder.decode(message.value() or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        changed.pop(job.id, None)  # the newest come last
        changed[job.id] = job
    for job_id in list(changed)[: max(0, len(changed) - MAX_JOBS)]:
        del changed[job_id]
    return MappingProxyType(changed)


class JobsWriter:
    """Publishes jobs; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._records = RecordWriter(settings, TopicNames.of(settings).jobs)

    def write(self, job: Job) -> None:
        """Publish the state of a job; returns when it is acknowledged. Raises BrokerError."""
        self._records.write(*encode_job(job))
