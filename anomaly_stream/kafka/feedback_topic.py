"""The compacted feedback topic: what people say of alerts."""

import msgspec

from anomaly_stream.kafka.record_writer import RecordWriter
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.settings import Settings

_decoder = msgspec.json.Decoder(Feedback)


def encode_feedback(feedback: Feedback) -> tuple[bytes, bytes]:
    """Key and value on the topic."""
    return feedback.alert_id.encode(), msgspec.json.encode(feedback)


def decode_feedback(value: bytes) -> Feedback:
    """The inverse of ``encode_feedback``. Raises msgspec.DecodeError."""
    return _decoder.decode(value)


class FeedbackWriter:
    """Publishes feedback; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._records = RecordWriter(settings, TopicNames.of(settings).feedback)

    def write(self, feedback: Feedback) -> None:
        """Publish feedback, which replaces an earlier one of the alert. Raises BrokerError."""
        self._records.write(*encode_feedback(feedback))
