"""A history in a temporary SQLite file, for the application under test."""

from pathlib import Path
from tempfile import TemporaryDirectory

from anomaly_stream.history.batch import Record, batch_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.store import HistoryStore
from tests.history.conftest import url_of
from tests.history.messages import NAMES


class RecordedHistory:
    """An empty history; ``queries`` reads it."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory()
        url = url_of(f"sqlite:///{Path(self._directory.name) / 'history.db'}")
        self._store = HistoryStore(url)
        self._store.open()
        self.queries = HistoryQueries(url, timeout_s=10)

    def record(self, *records: Record) -> None:
        self._store.write(batch_of(records, NAMES, oldest=0.0), {})
