"""Ids of alerts and events: hashes of what causes them, so that a replay gives the same ids."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from itertools import chain, combinations, islice

from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.model.alerts import Condition

_SEPARATOR = b"\0"
_ID_BYTES = 16
_FINGERPRINT_BYTES = 8
_MOST_CANDIDATES = 10_000


def alert_fingerprint(config_id: str, series: Series, condition: Condition = "anomaly") -> str:
    """Identity of a config's alert on a series, the same for all episodes: 16 hexadecimal digits.

    It is the key of the alert's events on the alerts topic.
    """
    return _digest(_FINGERPRINT_BYTES, config_id.encode(), series.key, *_other(condition))


def alert_id(config_id: str, series: Series, start: float, condition: Condition = "anomaly") -> str:
    """Identity of one episode: 32 hexadecimal digits.

    ``start`` is the event time of its first anomaly in seconds; of ``no_data``, that of the last value.
    """
    return _digest(_ID_BYTES, config_id.encode(), series.key, repr(start).encode(), *_other(condition))


def event_id(alert: str, status: str, timestamp: float) -> str:
    """Identity of one event of the episode ``alert``, caused by an observation at ``timestamp``."""
    return _digest(_ID_BYTES, alert.encode(), status.encode(), repr(timestamp).encode())


def incident_id(
    owner: str, labels: Mapping[str, str], by: Sequence[str], window_s: float, start: float
) -> str | None:
    """Identity of the incident of an alert that starts at ``start``: 32 hexadecimal digits.

    Alerts belong to one incident if they have the same owner and the same values of the labels ``by``, and
    start within the same window of ``window_s`` seconds, aligned to the epoch. So every partition gives the
    same id without knowledge of the others. None if ``by`` is empty, or one of these labels is missing.
    """
    if not by or not all(name in labels for name in by):
        return None
    shared = [part.encode() for name in by for part in (name, labels[name])]
    window = repr(window_s).encode(), repr(math.floor(start / window_s)).encode()
    return _digest(_ID_BYTES, owner.encode(), *window, *shared)


def series_of_alert(event: AlertEvent, config_labels: Mapping[str, str]) -> Series | None:
    """The series of an alert, whose events also have the labels of the config; None: not found.

    The id of the alert tells which labels are those of the series.
    """
    added = [name for name, value in config_labels.items() if event.labels.get(name) == value]
    subsets = chain.from_iterable(combinations(added, count) for count in range(len(added), -1, -1))
    for names in islice(subsets, _MOST_CANDIDATES):
        labels = {name: value for name, value in event.labels.items() if name not in names}
        series = Series.of(event.metric, labels)
        if alert_id(event.config_id, series, event.episode.start, event.condition) == event.alert_id:
            return series
    return None


def _other(condition: Condition) -> tuple[bytes, ...]:
    """What tells a condition from ``anomaly``, the ids of which have no part for it."""
    return () if condition == "anomaly" else (condition.encode(),)


def _digest(size: int, *parts: bytes) -> str:
    return hashlib.blake2b(_SEPARATOR.join(parts), digest_size=size).hexdigest()
