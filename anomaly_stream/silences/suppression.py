"""Which silences suppress an alert event, given the alerts that fire."""

from collections.abc import Iterable, Mapping

from anomaly_stream.model import AlertEvent
from anomaly_stream.silences.silence import Inhibition, Silence, Subject


class Suppression:
    """Judges alert events in the order in which a reader receives them.

    It knows the alerts that fire, because an inhibition depends on them.

    Args:
        firing: alerts that are open before the first event, by any of their events.
    """

    def __init__(self, firing: Iterable[AlertEvent] = ()) -> None:
        self._firing = {event.alert_id: Subject.of(event) for event in firing}

    def suppressed_by(
        self, event: AlertEvent, published_at_ms: int, silences: Iterable[Silence]
    ) -> tuple[str, ...]:
        """The ids of the silences that suppress ``event``, sorted; the event then counts as received."""
        subject = Subject.of(event)
        found = [
            silence.id
            for silence in silences
            if silence.covers(subject, event.timestamp, published_at_ms)
            and (silence.inhibition is None or self._is_inhibited(event.alert_id, subject, silence))
        ]
        if event.status == "resolved":
            self._firing.pop(event.alert_id, None)
        else:
            self._firing[event.alert_id] = subject
        return tuple(sorted(found))

    def _is_inhibited(self, alert_id: str, subject: Subject, silence: Silence) -> bool:
        """Whether another alert fires that inhibits this one: of the same owner, unless it is for all."""
        inhibition = silence.inhibition
        assert inhibition is not None
        return any(
            other != alert_id
            and silence.owner in ("", source.owner)
            and inhibition.source.accepts(source)
            and _share(inhibition, subject.labels, source.labels)
            for other, source in self._firing.items()
        )


def _share(inhibition: Inhibition, labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    return all(labels.get(name, "") == others.get(name, "") for name in inhibition.equal)
