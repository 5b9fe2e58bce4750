"""The events of one alert beside those that the same records give again: an auditor's proof."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from anomaly_stream.formats.outcomes import decode_alert, encode
from anomaly_stream.model import AlertEvent
from anomaly_stream.report.verdicts import Verdicts

Result = Literal["same", "differs", "missing", "not replayed"]


class ReplayedEvent(msgspec.Struct, frozen=True):
    """One published event, and what the replay made of it."""

    sequence: int
    status: str
    timestamp: float
    offset: int | None
    """Of the record that caused it; null if a change of the config did."""
    result: Result
    """``same``: byte for byte. ``missing``: the replay has no such event. ``not replayed``: no record caused
    it."""
    differences: list[str]
    """Where it differs: each field, with the published value and that of the replay."""


class AlertReplay:
    """Collects the events of an alert from a replay.

    Args:
        published: the values of the alert's events on the alerts topic; copies are allowed.
    """

    def __init__(self, published: Sequence[bytes]) -> None:
        unique = {event.event_id: (event, value) for value in published for event in (decode_alert(value),)}
        self._published = sorted(unique.values(), key=lambda each: each[0].sequence)
        self._made: dict[str, bytes] = {}

    @property
    def events(self) -> list[AlertEvent]:
        """The published events, in order."""
        return [event for event, _ in self._published]

    def add(self, verdicts: Verdicts) -> None:
        """Take the verdicts of the next run of records."""
        alert_id = self._published[0][0].alert_id
        for _, event in verdicts.alerts:
            if event.alert_id == alert_id:
                self._made[event.event_id] = encode(event)

    def finish(self) -> list[ReplayedEvent]:
        """The published events with their results, in order."""
        return [self._compared(event, value) for event, value in self._published]

    def _compared(self, event: AlertEvent, value: bytes) -> ReplayedEvent:
        made = self._made.get(event.event_id)
        result: Result = "same" if made == value else "differs"
        if event.source is None:
            result = "not replayed"
        elif made is None:
            result = "missing"
        return ReplayedEvent(
            event.sequence,
            event.status,
            event.timestamp,
            None if event.source is None else event.source.offset,
            result,
            differences(value, made) if made is not None and result == "differs" else [],
        )


def differences(published: bytes, made: bytes) -> list[str]:
    """The fields in which two events differ, such as ``score: 61.2 was published, 58.9 is made now``."""
    was, now = _flat(msgspec.json.decode(published)), _flat(msgspec.json.decode(made))
    return [
        f"{name}: {was.get(name)} was published, {now.get(name)} is made now"
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ] or ["the order of the fields"]


def _flat(document: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The values of a JSON object by path, such as ``episode.start``."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        inner = _flat(value, f"{before}{name}.") if isinstance(value, dict) and value else {}
        flat |= inner or {f"{before}{name}": value}
    return flat
