"""Decodes one message at a time: fast enough for most formats, and the slow path of JSON."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from anomaly_stream.formats.limits import ObservationError
from anomaly_stream.formats.observations import DecodedColumns, no_observations, observation_columns
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Fault, FaultReason, ObservationColumns, RecordColumns, Series


class DecodedObservation(NamedTuple):
    """One observation within the limits of :mod:`anomaly_stream.formats.limits`."""

    series: Series
    timestamp: float
    """Event time, seconds since the epoch."""
    value: float
    learn: bool


class Message(NamedTuple):
    """The content of one message: its valid observations, and one fault for all others."""

    observations: list[DecodedObservation]
    fault: ObservationError | None = None


ReadMessage = Callable[[bytes, int], Message]
"""Reads a record's value. The second argument is Kafka's timestamp in milliseconds (-1: none).

Raises ObservationError if the message has no valid observation.
"""


class MessageDecoder:
    """A ``Decoder`` that calls ``read`` for each record."""

    def __init__(self, read: ReadMessage, index: SeriesIndex) -> None:
        self._read = read
        self._index = index

    def decode(self, records: RecordColumns) -> tuple[ObservationColumns, list[Fault]]:
        """See ``Decoder``."""
        decoded, faults = read_messages(
            records, range(len(records)), self._read, self._index, no_observations()
        )
        return observation_columns(records, decoded), faults


def read_messages(
    records: RecordColumns,
    rows: Iterable[int],
    read: ReadMessage,
    index: SeriesIndex,
    decoded: DecodedColumns,
) -> tuple[DecodedColumns, list[Fault]]:
    """Read the records ``rows`` and merge their observations into ``decoded``, in record order."""
    faults: list[Fault] = []
    found: list[tuple[int, float, float, bool, int]] = []
    for row in rows:
        message = _read_one(records, row, read)
        found += [
            (index.add(one.series), one.timestamp, one.value, one.learn, row) for one in message.observations
        ]
        if message.fault is not None:
            faults.append(Fault(row, message.fault.reason, message.fault.detail))
    return decoded.merge(found), faults


def _read_one(records: RecordColumns, row: int, read: ReadMessage) -> Message:
    value = records.value(row)
    if not value:
        return Message([], ObservationError(FaultReason.EMPTY, "the record has no value"))
    try:
        return read(value, int(records.timestamp_ms[row]))
    except ObservationError as fault:
        return Message([], fault)
