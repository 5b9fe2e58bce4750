"""The compacted silences topic."""

import logging
from collections.abc import Sequence

from confluent_kafka import Message

from anomaly_stream.kafka.record_writer import RecordWriter
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.settings import Settings
from anomaly_stream.silences.record import Silences, encode_silence
from anomaly_stream.silences.silence import Silence

logger = logging.getLogger(__name__)


def silences_view(settings: Settings) -> TopicView[Silences]:
    """A view of the topic, not started."""
    return TopicView(settings, TopicNames.of(settings).silences, Silences(), _fold)


class SilencesTopic:
    """Reads and writes silences; safe to use from several threads.

    Args:
        settings: how to reach Kafka.
        view: the topic, as :func:`silences_view` follows it.
    """

    def __init__(self, settings: Settings, view: TopicView[Silences]) -> None:
        self._view = view
        self._records = RecordWriter(settings, TopicNames.of(settings).silences)

    def current(self) -> Silences:
        """All silences that were acknowledged before this call. Raises BrokerError."""
        return self._view.current()

    def all(self) -> list[Silence]:
        """As :meth:`current`, for readers of the alerts topic."""
        return self.current().all()

    def write(self, record: SilenceRecord) -> None:
        """Publish a silence; returns when it is acknowledged. Raises BrokerError."""
        self._records.write(*encode_silence(record))

    def delete(self, silence_id: str) -> None:
        """Delete a silence. Raises BrokerError."""
        self._records.write(silence_id.encode(), None)


def _fold(silences: Silences, messages: Sequence[Message]) -> Silences:
    after = silences.after(
        ((message.key() or b"").decode(errors="replace"), message.value()) for message in messages
    )
    for reason in after.refused:
        logger.error("A record of the silences topic is ignored: %s", reason)
    return after
