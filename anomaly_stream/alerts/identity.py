"""Ids that are a pure function of what caused them: a replay gives the same ones."""

import hashlib

from anomaly_stream.model import Series

_SEPARATOR = b"\0"
_ID_BYTES = 16
_FINGERPRINT_BYTES = 8


def alert_fingerprint(config_id: str, series: Series) -> str:
    """What one alert of a config on a series is about, episode after episode: 16 hexadecimal digits.

    The key of its events on the alerts topic.
    """
    return _digest(_FINGERPRINT_BYTES, config_id.encode(), series.key)


def alert_id(config_id: str, series: Series, start: float) -> str:
    """One episode: 32 hexadecimal digits; ``start`` is the event time of its first anomaly, in seconds."""
    return _digest(_ID_BYTES, config_id.encode(), series.key, repr(start).encode())


def event_id(alert: str, status: str, timestamp: float) -> str:
    """One event of the episode ``alert``, at the event time of the observation that caused it."""
    return _digest(_ID_BYTES, alert.encode(), status.encode(), repr(timestamp).encode())


def _digest(size: int, *parts: bytes) -> str:
    return hashlib.blake2b(_SEPARATOR.join(parts), digest_size=size).hexdigest()
