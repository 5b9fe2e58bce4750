"""The silences that the records of their topic add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec
from pydantic import ValidationError

from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.silences.document import SilenceDocument
from anomaly_stream.silences.silence import Silence

_decoder = msgspec.json.Decoder(SilenceRecord)


def encode_silence(record: SilenceRecord) -> tuple[bytes, bytes]:
    """Key and value on the topic."""
    return record.id.encode(), msgspec.json.encode(record)


@dataclass(frozen=True, slots=True)
class StoredSilence:
    """A record, and the silence that it holds."""

    record: SilenceRecord
    silence: Silence

    def is_over(self, now: float) -> bool:
        """Whether it suppresses no event with an event time from ``now`` on."""
        end = self.silence.end
        return self.record.ended_at_ms is not None or (end is not None and end <= now)


def stored(record: SilenceRecord) -> StoredSilence:
    """The record with its silence. Raises ValueError if its document is not valid."""
    try:
        document = SilenceDocument.model_validate(record.silence)
    except ValidationError as error:
        raise ValueError(f"silence {record.id!r} is invalid: {error.errors()[0]['msg']}") from None
    return StoredSilence(record, document.silence(record.id, record.created_at_ms, record.ended_at_ms))


@dataclass(frozen=True, slots=True)
class Silences:
    """All silences of the topic, by id; those that are over too, because an event may be older.

    ``refused``: why records of the last step are ignored.
    """

    by_id: Mapping[str, StoredSilence] = field(default_factory=lambda: MappingProxyType({}))
    refused: tuple[str, ...] = ()

    def after(self, records: Iterable[tuple[str, bytes | None]]) -> "Silences":
        """The silences after further records."""
        changed, refused = dict(self.by_id), []
        for key, value in records:
            try:
                if value is None:
                    changed.pop(key, None)
                else:
                    changed[key] = stored(_decode(key, value))
            except ValueError as error:
                refused.append(f"{key!r}: {error}")
        return Silences(MappingProxyType(changed), tuple(refused))

    def all(self) -> list[Silence]:
        """The silences."""
        return [each.silence for each in self.by_id.values()]


def _decode(key: str, value: bytes) -> SilenceRecord:
    try:
        record = _decoder.decode(value)
    except msgspec.DecodeError as error:
        raise ValueError(f"is not a silence: {error}") from None
    if record.id != key:
        raise ValueError(f"the silence {record.id!r} has another key")
    return record
