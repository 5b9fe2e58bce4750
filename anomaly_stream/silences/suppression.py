"""Which silences suppress an alert event, given the alerts that fire."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from anomaly_stream.model import AlertEvent
from anomaly_stream.silences.silence import Silence, Subject


class _Open(NamedTuple):
    """An alert that fires; ``suppressed_by``: the silences that suppress its newest event."""

    start: float
    is_unheard: bool
    alert_id: str
    subject: Subject
    suppressed_by: tuple[str, ...]

    @staticmethod
    def of(event: AlertEvent, is_unheard: bool, suppressed_by: tuple[str, ...] = ()) -> "_Open":
        return _Open(event.episode.start, is_unheard, event.alert_id, Subject.of(event), suppressed_by)

    def is_before(self, other: "_Open") -> bool:
        """Whether it began first; of one start, what people have heard of comes first, and then the id."""
        return self[:3] < other[:3]


class Suppression:
    """Judges alert events in the order in which a reader receives them.

    It knows the alerts that fire, because an inhibition depends on them. Of alerts that inhibit each other in
    a circle, the one that began first is not inhibited by it: otherwise all would be suppressed. If several
    began at the same time, it is the one that was let through already, or else that with the smallest id.

    The end of an alert is inhibited as the event before it was. So it does not matter whether the end of the
    alert that inhibits is read before it.

    Args:
        firing: alerts that are open before the first event, by any of their events.
        suppressed: open alerts whose newest event is suppressed, each with the silences as far as known.
    """

    def __init__(
        self,
        firing: Iterable[AlertEvent] = (),
        suppressed: Iterable[tuple[AlertEvent, tuple[str, ...]]] = (),
    ) -> None:
        self._firing = {event.alert_id: _Open.of(event, is_unheard=False) for event in firing}
        self._firing |= {event.alert_id: _Open.of(event, True, ids) for event, ids in suppressed}

    def suppressed_by(
        self, event: AlertEvent, published_at_ms: int, silences: Collection[Silence]
    ) -> tuple[str, ...]:
        """The ids of the silences that suppress ``event``, sorted; the event then counts as received."""
        before = self._firing.get(event.alert_id)
        alert = _Open.of(event, is_unheard=before is None or before.is_unheard)
        is_end = event.status == "resolved"
        at = event.timestamp, published_at_ms
        # Whom a silence selects is seen at once; windows of time may take long, so few are looked at.
        mutual = [one for one in silences if one.inhibition is not None and one.is_in_force(*at)]

        def is_inhibited(silence: Silence) -> bool:
            if is_end and before is not None:
                return silence.id in before.suppressed_by
            return self._is_inhibited(alert, silence, mutual)

        found = [
            silence.id
            for silence in silences
            if silence.selects(alert.subject)
            and silence.is_in_force(*at)
            and (silence.inhibition is None or is_inhibited(silence))
        ]
        suppressed_by = tuple(sorted(found))
        if is_end:
            self._firing.pop(event.alert_id, None)
        else:
            self._firing[event.alert_id] = _Open.of(event, bool(found), suppressed_by)
        return suppressed_by

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
