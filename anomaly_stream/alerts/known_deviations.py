"""What an alert that was a false alarm teaches: how far its series may be from its expected value."""

from collections.abc import Iterator, Sequence

from anomaly_stream.model import AlertEvent
from anomaly_stream.model.commands import KnownDeviation

_MARGIN = 1.25
"""A pattern comes back a little larger or smaller: so much farther than its peak is still known."""


def known_by(events: Sequence[AlertEvent]) -> KnownDeviation | None:
    """The deviation that the events of an alert, in order, make known; None: no value was beyond its band.

    It is the largest distance from the expected value that the events show, and a quarter of it more.
    """
    farthest = max(_deviations(events), key=abs, default=0.0)
    if farthest == 0.0:
        return None
    return KnownDeviation("above" if farthest > 0.0 else "below", _MARGIN * abs(farthest))


def _deviations(events: Sequence[AlertEvent]) -> Iterator[float]:
    """The signed distances of values beyond their band: those of the events, and the peak's from the last
    value that was expected before the end."""
    last = None
    for event in events:
        if event.status != "resolved" and _is_beyond(event):
            assert event.expected is not None
            last = event.expected
            yield event.value - last
    if last is not None:
        yield events[-1].episode.peak_value - last


def _is_beyond(event: AlertEvent) -> bool:
    is_below = event.lower is not None and event.value < event.lower
    is_above = event.upper is not None and event.value > event.upper
    return event.expected is not None and event.condition == "anomaly" and (is_below or is_above)
