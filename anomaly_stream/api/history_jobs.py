"""Loads of histories, what is un-learned, and proposals: each is a job in a process of its own, with a
record on the jobs topic.

A job does not survive the end of its API process: it has published nothing then, its record is no longer
renewed, and readers report it as lost.
"""

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, BinaryIO, Protocol

import msgspec

from anomaly_stream.api.problems import ProblemError
from anomaly_stream.api.tasks.messages import Failure, JobTask, Progress, Result
from anomaly_stream.api.tasks.process import TaskProcess
from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.jobs_topic import RENEWED_S, Job, of_result, seen_at
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)


class JobsReader(Protocol):
    """The jobs of all API processes."""

    def current(self) -> Mapping[str, Job]:
        """The jobs by id, with every record that was acknowledged before this call. Raises BrokerError."""


class JobsRecorder(Protocol):
    """Keeps the records of jobs."""

    def write(self, job: Job) -> None:
        """Keep the state of a job; returns once it is durable. Raises BrokerError."""


class HistoryJobs:
    """The jobs of this process, and the records of all.

    Args:
        settings: of the process; a job gets a copy.
        reader: the records of all jobs.
        recorder: keeps those of the jobs of this process.
    """

    def __init__(self, settings: Settings, reader: JobsReader, recorder: JobsRecorder) -> None:
        self._settings = settings
        self._reader = reader
        self._recorder = recorder
        self._running: dict[str, asyncio.Task[None]] = {}

    def find(self, job_id: str) -> Job | None:
        """The job with this id. Raises BrokerError."""
        job = self._reader.current().get(job_id)
        return None if job is None else seen_at(job, now_ms())

    def check_room(self) -> None:
        """Raise ProblemError (503) if this process runs as many jobs as it may."""
        limit = self._settings.api.history_jobs
        if len(self._running) >= limit:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{limit} histories are being loaded by this server (api.history_jobs): try again later.",
                headers={"Retry-After": "60"},
            )

    async def start(
        self,
        config: AnomalyDetectionConfig,
        author: str,
        task: JobTask,
        history: BinaryIO | None = None,
    ) -> Job:
        """Start the job of ``task``, which inherits the file ``history``, and closes it at its end.

        Raises BrokerError, ProblemError.
        """
        self.check_room()
        now = now_ms()
        job = Job(
            id=task.job_id,
            config_id=config.id,
            owner=config.owner,
            author=author,
            state="running",
            started_at_ms=now,
            updated_at_ms=now,
        )
        await asyncio.to_thread(self._recorder.write, job)
        self._running[job.id] = asyncio.create_task(self._run(job, task, history))
        return job

    async def close(self) -> None:
        """End the jobs of this process: they publish nothing."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, job: Job, task: JobTask, history: BinaryIO | None) -> None:
        process = None
        try:
            inherited = [] if history is None else [history.fileno()]
            process = await TaskProcess.start(self._settings, inherited)
            await self._follow(job, process, task)
        except asyncio.CancelledError:
            await self._keep(job, state="failed", error="the server was stopped: start the job again")
            raise
        except Exception as error:
            logger.exception("Job %s failed", job.id)
            await self._keep(job, state="failed", error=f"an unexpected error: {error!r}")
        finally:
            del self._running[job.id]
            if history is not None:
                history.close()
            if process is not None:
                await process.kill()

    async def _follow(self, job: Job, process: TaskProcess, task: JobTask) -> None:
        replies = aiter(process.run(task))
        while True:
            following = asyncio.ensure_future(anext(replies))
            while not (await asyncio.wait([following], timeout=RENEWED_S))[0]:
                job = await self._keep(job)
            match following.result():
                case Progress(observations, series, faulty):
                    job = await self._keep(job, observations=observations, series=series, faulty=faulty)
                case Result(body):
                    found = msgspec.json.decode(body)
                    await self._keep(job, state="done", **of_result(found))
                    return
                case Failure(detail, faults):
                    reasons = [detail, *(f"{field}: {message}" for field, message in faults)]
                    await self._keep(job, state="failed", error="; ".join(reasons))
                    return

    async def _keep(self, job: Job, **changes: Any) -> Job:
        """Record a change of a job, and that it is alive."""
        changed = msgspec.structs.replace(job, updated_at_ms=now_ms(), **changes)
        try:
            await asyncio.to_thread(self._recorder.write, changed)
        except BrokerError as error:
            logger.warning("%s", error)
        return changed
