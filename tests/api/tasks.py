"""Previews and jobs without processes: a preview of no observations, and jobs that have ended at once.

``JobRecords`` is for real jobs: their records in memory, in place of the jobs topic.
"""

from typing import BinaryIO, TypeVar

import msgspec

from anomaly_stream.api.tasks.messages import JobTask, PreviewTask
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.jobs_topic import Job, JobState
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.report.preview import preview
from anomaly_stream.settings import Settings

_Kind = TypeVar("_Kind")


class EmptyPreviews:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.tasks: list[PreviewTask] = []

    async def run(self, task: PreviewTask) -> bytes:
        self.tasks.append(task)
        config = parse_config(task.config, config_context(self._settings))
        return msgspec.json.encode(preview(config, self._settings.severity.bands(), []))

    async def close(self) -> None:
        pass


class InstantJobs:
    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.histories: list[bytes] = []
        self.tasks: list[JobTask] = []
        self.state: JobState = "done"
        self.error = ""

    def find(self, job_id: str) -> Job | None:
        return self.jobs.get(job_id)

    def check_room(self) -> None:
        pass

    async def start(
        self,
        config: AnomalyDetectionConfig,
        author: str,
        task: JobTask,
        history: BinaryIO | None = None,
    ) -> Job:
        self.tasks.append(task)
        if history is not None:
            self.histories.append(history.read())
            history.close()
        job = Job(
            id=task.job_id,
            config_id=config.id,
            owner=config.owner,
            author=author,
            state=self.state,
            error=self.error,
            started_at_ms=1,
            updated_at_ms=2,
        )
        self.jobs[job.id] = job
        return job

    async def close(self) -> None:
        pass


class JobRecords:
    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def current(self) -> dict[str, Job]:
        return dict(self.jobs)

    def write(self, job: Job) -> None:
        self.jobs[job.id] = job


def task_of(jobs: InstantJobs, kind: type[_Kind]) -> _Kind:
    """The only task that was started, of this kind."""
    (task,) = jobs.tasks
    assert isinstance(task, kind)
    return task
