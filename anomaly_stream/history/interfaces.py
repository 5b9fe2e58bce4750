"""What the recorder needs of the topics and of the database."""

from collections.abc import Mapping
from typing import Protocol

from anomaly_stream.history.batch import Batch, Partition, Record
from anomaly_stream.history.judgements import OpenAlerts
from anomaly_stream.history.source import Start
from anomaly_stream.history.store import Move


class Source(Protocol):
    """The topics."""

    positions: dict[Partition, int]

    def start(self, recorded: Mapping[Partition, int]) -> Start:
        """Begin after the recorded positions. Raises BrokerError."""

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """The next records. Raises BrokerError."""

    def ends(self) -> dict[Partition, int]:
        """The end of each partition."""

    def close(self) -> None:
        """Close the connections."""


class Store(Protocol):
    """The database."""

    name: str

    def open(self) -> dict[Partition, int]:
        """The positions. Raises HistoryError."""

    def firing(self) -> OpenAlerts:
        """The alerts that are open. Raises HistoryError."""

    def write(self, batch: Batch, moves: Mapping[Partition, Move]) -> dict[str, int]:
        """Write a batch. Raises HistoryError, PositionMovedError."""

    def expire(self, oldest: float) -> None:
        """Remove what is older. Raises HistoryError."""

    def close(self) -> None:
        """Close the connection."""
