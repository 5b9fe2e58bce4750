"""The compacted feedback topic: what people say of alerts."""

import logging

import msgspec

from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.record_writer import RecordWriter
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_decoder = msgspec.json.Decoder(Feedback)


def encode_feedback(feedback: Feedback) -> tuple[bytes, bytes]:
    """Key and value on the topic."""
    return feedback.alert_id.encode(), msgspec.json.encode(feedback)


def decode_feedback(value: bytes) -> Feedback:
    """The inverse of ``encode_feedback``. Raises msgspec.DecodeError."""
    return _decoder.decode(value)


def read_feedback(settings: Settings) -> list[Feedback]:
    """The newest feedback on each alert. Records that are no feedback are logged.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    newest: dict[str, Feedback] = {}
    topic = TopicNames.of(settings).feedback
    for records in read_past(settings, [topic], ReadBounds(), bool):
        for row, offset in enumerate(records.offset.tolist()):
            try:
                one = decode_feedback(records.value(row) or b"")
            except msgspec.DecodeError as error:
                logger.warning("Offset %d of %s is no feedback: %s", offset, topic, error)
            else:
                newest[one.alert_id] = one
    return list(newest.values())


class FeedbackWriter:
    """Publishes feedback; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._records = RecordWriter(settings, TopicNames.of(settings).feedback)

    def write(self, feedback: Feedback) -> None:
        """Publish feedback, which replaces an earlier one of the alert. Raises BrokerError."""
        self._records.write(*encode_feedback(feedback))
