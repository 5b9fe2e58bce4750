"""Silences and live events in memory, for the application under test."""

from collections.abc import Mapping

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.alerts_feed import Latest, LiveEvent
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.silences.record import Silences, encode_silence


class MemorySilences:
    """Silences in memory, in place of their topic."""

    def __init__(self) -> None:
        self._silences = Silences()

    def current(self) -> Silences:
        return self._silences

    def write(self, record: SilenceRecord) -> None:
        self._silences = self._silences.after([_pair(record)])
        assert not self._silences.refused

    def delete(self, silence_id: str) -> None:
        self._silences = self._silences.after([(silence_id, None)])


def _pair(record: SilenceRecord) -> tuple[str, bytes]:
    key, value = encode_silence(record)
    return key.decode(), value


class MemoryFeed:
    """Events of one partition in memory; those before ``begin`` are no longer kept."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.begin = 0
        self._events: list[LiveEvent] = []

    def publish(self, *bodies: bytes, suppressed_by: tuple[str, ...] = ()) -> None:
        for body in bodies:
            offset = len(self._events)
            self._events = [
                *self._events,
                LiveEvent(decode_alert(body), body, suppressed_by, 0, offset),
            ]

    def now(self) -> tuple[int, Mapping[int, int]]:
        return len(self._events), {0: len(self._events)}

    def since(self, positions: Mapping[int, int]) -> Latest:
        return self.after(positions.get(0, 0))

    def after(self, number: int) -> Latest:
        events = self._events
        return Latest(events[max(number, self.begin) :], len(events), number < self.begin)
