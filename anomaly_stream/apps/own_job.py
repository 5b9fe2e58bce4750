"""The record of what a command of this host did, beside the jobs of the API: `jobs show` reads it."""

from typing import Any, NamedTuple

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.jobs_topic import Job, JobsWriter, of_result
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.settings import Settings


class OwnJob(NamedTuple):
    """A load or an un-learning that has begun."""

    settings: Settings
    config: AnomalyDetectionConfig
    author: str
    started_at_ms: int

    @classmethod
    def begin(cls, settings: Settings, config: AnomalyDetectionConfig, author: str) -> "OwnJob":
        """It begins now."""
        return cls(settings, config, author, now_ms())

    def keep(self, load_id: str, result: dict[str, Any]) -> list[str]:
        """Record that it is done, under the id of its baselines. A warning if that failed."""
        job = Job(
            id=load_id,
            config_id=self.config.id,
            owner=self.config.owner,
            author=self.author,
            state="done",
            started_at_ms=self.started_at_ms,
            updated_at_ms=now_ms(),
            series=result["baselines"] + result.get("reset", 0),
            **of_result(result),
        )
        try:
            JobsWriter(self.settings).write(job)
        except BrokerError as error:
            return [f"`anomaly-stream jobs show {load_id}` will not find this job: {error}"]
        return []
