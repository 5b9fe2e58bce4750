"""What the routes work on. ``apps/api.py`` builds it from adapters; tests build it from fakes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO, Protocol, cast

from fastapi import Depends, Request

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.live import LiveAlerts
from anomaly_stream.api.tasks.messages import JobTask, PreviewTask
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.kafka.config_writer import Decide
from anomaly_stream.kafka.jobs_topic import Job
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.settings import Settings
from anomaly_stream.silences.record import Silences


class ConfigStore(Protocol):
    """The configs and series commands in force, and their changes."""

    def current(self) -> Registry:
        """The configs in force, with every change that was answered before this call. Raises BrokerError."""

    def write(self, decide: Decide) -> Registry:
        """Write the changes that ``decide`` makes of the configs in force; returns the configs after them.

        ``decide`` may be called several times. What it raises is raised here, and nothing is written.
        Raises BrokerError.
        """


class SeriesIndex(Protocol):
    """The series that are seen on the metrics topics."""

    def matched(self, config: Config, limit: int = 10) -> tuple[int, Sequence[Series]] | None:
        """The number of series that ``config`` selects, and up to ``limit`` of them; None if not known."""


class NoSeriesIndex:
    """Knows no series."""

    def matched(self, config: Config, limit: int = 10) -> tuple[int, Sequence[Series]] | None:
        """Always None."""
        return None


Admit = Callable[[str | None], Caller]
"""From the bearer token of a request, if any, to its caller. Raises ProblemError: 401, 403 or 429."""


class PreviewRunner(Protocol):
    """Runs previews outside the event loop."""

    async def run(self, task: PreviewTask) -> bytes:
        """The preview as JSON. Raises ProblemError."""

    async def close(self) -> None:
        """End what runs."""


class SilenceStore(Protocol):
    """The silences."""

    def current(self) -> Silences:
        """All silences that were acknowledged before this call. Raises BrokerError."""

    def write(self, record: SilenceRecord) -> None:
        """Keep a silence; returns once it is durable. Raises BrokerError."""

    def delete(self, silence_id: str) -> None:
        """Forget a silence that is over. Raises BrokerError."""


class JobRunner(Protocol):
    """Runs loads of histories, and what is un-learned, outside the event loop."""

    def find(self, job_id: str) -> Job | None:
        """The job with this id, of any server. Raises BrokerError."""

    def check_room(self) -> None:
        """Raise ProblemError (503) if no further job can start now."""

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

    async def close(self) -> None:
        """End what runs."""


@dataclass(frozen=True, slots=True)
class ApiState:
    """What the routes work on.

    Attributes:
        settings: of the process.
        context: what configs are validated against.
        store: the configs.
        previews: runs previews; None: there are none.
        jobs: runs loads of histories; None: there are none.
        history: recorded alerts and anomalies; None: there is no history.
        silences: which alerts are suppressed; None: there are no silences.
        live: streams of alert events; None: there are none.
        give_feedback: keeps feedback, which is durable when it returns; None: there is no history.
        admit: authenticates the caller, and counts the request against their rate limit.
        metrics: of the process.
        series: the series that are seen on the metrics topics.
        workers: what the workers report now.
        clock: seconds since the epoch.
    """

    settings: Settings
    context: ValidationContext
    store: ConfigStore
    admit: Admit
    metrics: ApiMetrics
    series: SeriesIndex = field(default_factory=NoSeriesIndex)
    workers: Callable[[], WorkerStatus] = WorkerStatus
    clock: Callable[[], float] = time.time
    previews: PreviewRunner | None = None
    jobs: JobRunner | None = None
    history: HistoryQueries | None = None
    silences: SilenceStore | None = None
    live: LiveAlerts | None = None
    give_feedback: Callable[[Feedback], None] | None = None


def _state(request: Request) -> ApiState:
    return cast(ApiState, request.app.state.api)


State = Annotated[ApiState, Depends(_state)]
"""Parameter of a route that receives the state."""
