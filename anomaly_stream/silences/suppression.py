"""Which silences suppress an alert event, given the alerts that fire."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from anomaly_stream.model import AlertEvent
from anomaly_stream.silences.silence import Silence, Subject


class _Open(NamedTuple):
    """An alert that fires; the one that began first is the smallest."""

    start: float
    alert_id: str
    subject: Subject

    @staticmethod
    def of(event: AlertEvent) -> "_Open":
        return _Open(event.episode.start, event.alert_id, Subject.of(event))

    def is_before(self, other: "_Open") -> bool:
        return self[:2] < other[:2]


class Suppression:
    """Judges alert events in the order in which a reader receives them.

    It knows the alerts that fire, because an inhibition depends on them. Of alerts that inhibit each other in
    a circle, the one that began first is not inhibited by it: otherwise all would be suppressed.

    Args:
        firing: alerts that are open before the first event, by any of their events.
    """

    def __init__(self, firing: Iterable[AlertEvent] = ()) -> None:
        self._firing = {event.alert_id: _Open.of(event) for event in firing}

    def suppressed_by(
        self, event: AlertEvent, published_at_ms: int, silences: Collection[Silence]
    ) -> tuple[str, ...]:
        """The ids of the silences that suppress ``event``, sorted; the event then counts as received."""
        alert = _Open.of(event)
        at = event.timestamp, published_at_ms
        # Whom a silence selects is seen at once; windows of time may take long, so few are looked at.
        mutual = [one for one in silences if one.inhibition is not None and one.is_in_force(*at)]
        found = [
            silence.id
            for silence in silences
            if silence.selects(alert.subject)
            and silence.is_in_force(*at)
            and (silence.inhibition is None or self._is_inhibited(alert, silence, mutual))
        ]
        if event.status == "resolved":
            self._firing.pop(event.alert_id, None)
        else:
            self._firing[event.alert_id] = alert
        return tuple(sorted(found))

    def _is_inhibited(self, alert: _Open, silence: Silence, mutual: Sequence[Silence]) -> bool:
        """Whether another alert fires that inhibits this one by ``silence``.

        ``mutual``: all silences by which this one may inhibit others.
        """
        others = [one for one in self._firing.values() if one.alert_id != alert.alert_id]
        sources = [other for other in others if _inhibits(silence, other, alert)]
        later = {other.alert_id for other in sources if alert.is_before(other)}
        if len(later) < len(sources):
            return True
        return bool(later) and not later <= _inhibited_by(alert, filter(alert.is_before, others), mutual)


def _inhibited_by(first: _Open, others: Iterable[_Open], silences: Sequence[Silence]) -> set[str]:
    """The ids of those of ``others`` that ``first`` inhibits, by itself or through others of them."""
    left = {other.alert_id: other for other in others}
    found, sources = set[str](), [first]
    while sources:
        source = sources.pop()
        reached = {
            other.alert_id: other
            for other in left.values()
            if any(_inhibits(silence, source, other) for silence in silences)
        }
        found |= reached.keys()
        sources += reached.values()
        left = {alert_id: other for alert_id, other in left.items() if alert_id not in reached}
    return found


def _inhibits(silence: Silence, source: _Open, alert: _Open) -> bool:
    """Whether ``source`` inhibits ``alert``: it is of the same owner, unless the silence is for all."""
    inhibition = silence.inhibition
    return (
        inhibition is not None
        and silence.selects(alert.subject)
        and silence.owner in ("", source.subject.owner)
        and inhibition.source.accepts(source.subject)
        and all(_share(name, source.subject.labels, alert.subject.labels) for name in inhibition.equal)
    )


def _share(name: str, labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether both have this label, with one value."""
    value = labels.get(name, "")
    return value != "" and value == others.get(name)
