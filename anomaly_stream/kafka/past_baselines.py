"""The baseline of one row as it was on the baselines topic at some time in the past."""

from anomaly_stream.engine.checkpoint.baseline_record import read_header
from anomaly_stream.engine.loaded_baselines import BaselineSource, StoredBaseline
from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kafka.baselines_topic import BaselineMessage
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Series
from anomaly_stream.settings import Settings


class OneBaseline:
    """The baseline of one row, as ``engine.loaded_baselines.BaselineStore``."""

    def __init__(self, config_id: str, series: Series) -> None:
        self.key = row_key(config_id, series)
        self._config_id = config_id
        self._held: StoredBaseline | None = None

    def newest(self, config_id: str) -> int:
        """The offset of the baseline; -1: there is none."""
        return -1 if self._held is None or config_id != self._config_id else self._held.offset

    def find(self, key: bytes) -> StoredBaseline | None:
        """The baseline of the row with this key; None: it has none."""
        return self._held if key == self.key else None

    def apply(self, message: BaselineMessage) -> None:
        """Take the next record of the topic."""
        if message.forgotten_config == self._config_id.encode():
            self._held = None
        elif message.key == self.key:
            self._held = None if message.value is None else self._valid(message.value, message.offset)

    def _valid(self, record: bytes, offset: int) -> StoredBaseline | None:
        try:
            read_header(self.key, record)
        except StateError:
            return self._held  # workers do not use it either
        return StoredBaseline(offset, record)


def baseline_at(settings: Settings, config_id: str, series: Series, at_ms: int) -> BaselineSource:
    """The newest baseline of a row that was published by ``at_ms``, if compaction has left it.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    topic = TopicNames.of(settings).baselines
    found = OneBaseline(config_id, series)
    for records in read_past(settings, [topic], ReadBounds()):
        for row, published_ms in enumerate(records.timestamp_ms.tolist()):
            if published_ms <= at_ms:
                offset = int(records.offset[row])
                found.apply(BaselineMessage(records.key(row) or b"", records.value(row), offset))
    return BaselineSource((topic, 0), found)
