"""Score records and alert events as JSON bytes. The same value always gives the same bytes."""

from dataclasses import dataclass

import msgspec

from anomaly_stream.model import AlertEvent, ScoreRecord

_encoder = msgspec.json.Encoder()
_score_decoder = msgspec.json.Decoder(ScoreRecord)
_alert_decoder = msgspec.json.Decoder(AlertEvent)


@dataclass(frozen=True, slots=True)
class Publication:
    """One record to publish; ``record`` is the row of the ``RecordColumns`` that caused it."""

    key: bytes
    value: bytes
    record: int


def encode_score(record: ScoreRecord) -> bytes:
    """One message of the scores topic, fields in the order of the type."""
    return _encoder.encode(record)


def encode_alert(event: AlertEvent) -> bytes:
    """One message of the alerts topic, fields in the order of the type."""
    return _encoder.encode(event)


def decode_score(message: bytes) -> ScoreRecord:
    """The inverse of ``encode_score``; fields of later releases are ignored. Raises msgspec.DecodeError."""
    return _score_decoder.decode(message)


def decode_alert(message: bytes) -> AlertEvent:
    """The inverse of ``encode_alert``; fields of later releases are ignored. Raises msgspec.DecodeError."""
    return _alert_decoder.decode(message)
