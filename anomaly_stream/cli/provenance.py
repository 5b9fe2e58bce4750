"""Where a verdict comes from, as the user wrote it: the input's name and the timestamp."""

import msgspec

from anomaly_stream.intake.options import InputBlock
from anomaly_stream.model import AlertEvent, ScoreRecord, Source


class _WrittenTime(msgspec.Struct):
    timestamp: msgspec.Raw = msgspec.Raw()
    timestamp_ms: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_WrittenTime)


class Provenance:
    """Names the origin of what one block of an input brings about.

    Args:
        block: a part of an input.
        all_times: whether every verdict has ``time``. Without it, those on messages and on times in seconds
            have none, so that the lines of messages are the bytes that a worker publishes, except ``source``.
    """

    def __init__(self, block: InputBlock, all_times: bool = False) -> None:
        self._block = block
        self._all_times = all_times

    def name(self, record: int) -> str:
        """The name of the input that a record came from."""
        names = self._block.names
        return self._block.records.topic if names is None else names[record]

    def score_line(self, verdict: ScoreRecord, record: int, alert: AlertEvent | None = None) -> bytes:
        """A verdict as a line, with the alert that it moved, and ``time`` as it was written."""
        verdict = msgspec.structs.replace(verdict, source=self._source(verdict.source, record))
        line = msgspec.json.encode(verdict)
        if alert is not None:
            note = msgspec.json.encode({"status": alert.status, "alert_id": alert.alert_id})
            line = line[:-1] + b',"alert":' + note + b"}"
        written = self._written_time(record)
        if written is not None and (self._all_times or not _is_seconds(written, verdict.timestamp)):
            line = line[:-1] + b',"time":' + msgspec.json.encode(written) + b"}"
        return line + b"\n"

    def event_line(self, event: AlertEvent, record: int) -> bytes:
        """An alert event as a line."""
        source = None if event.source is None else self._source(event.source, record)
        event = msgspec.structs.replace(event, source=source)
        return msgspec.json.encode(event) + b"\n"

    def _source(self, source: Source, record: int) -> Source:
        return (
            source if self._block.names is None else msgspec.structs.replace(source, topic=self.name(record))
        )

    def _written_time(self, record: int) -> str | None:
        """The timestamp as it was written; None if it is not known."""
        if self._block.written_times is not None and self._block.written_times[record]:
            return self._block.written_times[record]
        if not self._all_times:
            return None
        try:
            written = _decoder.decode(self._block.records.value(record) or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # an array of observations
        text = bytes(written.timestamp_ms or written.timestamp).decode()
        return msgspec.json.decode(text, type=str) if text.startswith('"') else text or None


def _is_seconds(written: str, timestamp: float) -> bool:
    try:
        return float(written) == timestamp
    except ValueError:
        return False
