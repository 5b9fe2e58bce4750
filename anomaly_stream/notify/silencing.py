"""Which alert events silences suppress, and the alerts that wait for the end of a silence."""

from collections.abc import Iterable, Sequence

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.silences.silence import Silence
from anomaly_stream.silences.suppression import Suppression

_HELD = "held/"
_decoder = msgspec.json.Decoder(AlertEvent)


class Silencing:
    """Judges events in the order in which they were published.

    Every change of state is reported by :meth:`changes`; the same state is made from those records.

    Args:
        records: the state of an earlier process.
        open_events: the latest event of each alert that is open and not suppressed.
    """

    def __init__(
        self, records: Iterable[tuple[str, bytes]] = (), open_events: Iterable[AlertEvent] = ()
    ) -> None:
        events = [_decoder.decode(value) for key, value in records if key.startswith(_HELD)]
        self._held = {event.alert_id: event for event in events}
        self._changed: set[str] = set()
        self._suppression = Suppression(open_events, [(event, ()) for event in events])

    def suppresses(self, event: AlertEvent, published_at_ms: int, silences: Sequence[Silence]) -> bool:
        """Whether an event is suppressed. An end never is: it is reported to whoever knows the alert.

        An open alert is then held until its silences end.
        """
        suppressed_by = self._suppression.suppressed_by(event, published_at_ms, silences)
        is_suppressed = bool(suppressed_by) and event.status != "resolved"
        if is_suppressed:
            self._held[event.alert_id] = event
            self._changed.add(event.alert_id)
        elif self._held.pop(event.alert_id, None) is not None:
            self._changed.add(event.alert_id)
        return is_suppressed

    def is_silenced(self, event: AlertEvent, now: float, silences: Sequence[Silence]) -> bool:
        """Whether an alert with this latest event is silenced at this time."""
        if not silences:
            return False
        current = msgspec.structs.replace(event, timestamp=now)
        return bool(self._suppression.suppressed_by(current, int(now * 1000), silences))

    def released(self, now: float, silences: Sequence[Silence]) -> list[AlertEvent]:
        """The latest events of alerts that were held, and that no silence suppresses any more."""
        found = [event for event in self._held.values() if not self.is_silenced(event, now, silences)]
        for event in found:
            del self._held[event.alert_id]
            self._changed.add(event.alert_id)
        return found

    def changes(self) -> list[tuple[str, bytes | None]]:
        """The records that changed since the last call; None: deleted."""
        found = [
            (_HELD + alert_id, msgspec.json.encode(self._held[alert_id]) if alert_id in self._held else None)
            for alert_id in sorted(self._changed)
        ]
        self._changed.clear()
        return found
