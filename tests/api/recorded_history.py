"""A history in a temporary SQLite file, for the application under test."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from anomaly_stream.history.batch import Batch, Judge, Record, batch_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.kafka.feedback_topic import encode_feedback
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.model.past_values import ValuesBefore
from tests.history.conftest import url_of
from tests.history.messages import NAMES, record


class RecordedHistory:
    """An empty history; ``queries`` reads it."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory()
        url = url_of(f"sqlite:///{Path(self._directory.name) / 'history.db'}")
        self._store = HistoryStore(url)
        self._store.open()
        self.queries = HistoryQueries(url, timeout_s=10)

    def give(self, feedback: Feedback) -> None:
        """What topic and recorder do with feedback."""
        key, value = encode_feedback(feedback)
        self.record(record(NAMES.feedback, 0, value, key=key))

    def record_values(self, alert: str, event: str, at: float, values: ValuesBefore) -> None:
        """The values before an event of an alert."""
        points = msgspec.json.encode(values).decode()
        row = {"alert_id": alert, "event_id": event, "timestamp": at, "points": points, "state": "there"}
        self._store.write(Batch(alert_values=[row]), {})

    def record_with(self, judge: Judge, *records: Record) -> None:
        self._store.write(batch_of(records, NAMES, 0.0, judge), {})

    def record(self, *records: Record) -> None:
        self._store.write(batch_of(records, NAMES, oldest=0.0), {})
