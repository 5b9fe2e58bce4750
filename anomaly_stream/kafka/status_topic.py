"""The status topic, followed by a process that answers questions about the workers."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec
from confluent_kafka import Message

from anomaly_stream.formats.status import decode_status
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model import Series
from anomaly_stream.model.status import PartitionStatus
from anomaly_stream.registry.parsing import Config
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)


def status_view(settings: Settings) -> TopicView[WorkerStatus]:
    """A view of the status topic, not started."""
    return TopicView(settings, TopicNames.of(settings).status, WorkerStatus(), _fold)


class StatusBoard:
    """The reports of the workers that are alive.

    Args:
        view: the status topic, as :func:`status_view` follows it.
        clock: seconds since the epoch.
    """

    def __init__(self, view: TopicView[WorkerStatus], clock: Callable[[], float] = time.time) -> None:
        self._view = view
        self._clock = clock

    def now(self) -> WorkerStatus:
        """The reports that have not expired."""
        return self._view.state.held(self._clock() * 1000)

    def matched(self, config: Config, limit: int = 10) -> tuple[int, Sequence[Series]] | None:
        """As :meth:`WorkerStatus.matched`, of the reports that have not expired."""
        return self.now().matched(config, limit)


def _fold(status: WorkerStatus, messages: Sequence[Message]) -> WorkerStatus:
    return status.with_reports(_reports(messages))


def _reports(messages: Sequence[Message]) -> Iterator[PartitionStatus]:
    for message in messages:
        try:
            yield decode_status(message.value() or b"")
        except msgspec.DecodeError as error:
            logger.warning(
                "Offset %s of %s is not a status record: %s", *(message.offset(), message.topic(), error)
            )
