"""For how long nothing has come from the topics of a partition.

Event times lag behind the wall clock by what producers and topics take. So the wall clock is used for lengths
of time only: while nothing comes, the clock of a topic (``engine.bank.source_clocks``) goes on from where it
was.
"""

from dataclasses import dataclass

CHECK_S = 10.0
"""Seconds from one check to the next."""
_MOST_S = 3 * CHECK_S
"""More time between two checks, as while Kafka was away, does not count: producers could not send either."""


@dataclass(slots=True)
class _Pause:
    offset: int
    """The end of the topic at each check since it began."""
    clock: float
    """The clock of the topic when it began, seconds of event time."""
    length_s: float
    checked_s: float
    """Wall-clock time of the last check."""


class Idleness:
    """The pauses of one partition's topics. The caller supplies the time."""

    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}

    def silent_until(self, topic: str, offset: int, clock: float, now_s: float) -> float:
        """The event time up to which the topic, all of which was processed, is silent.

        ``offset`` is its end now, at ``now_s``, and ``clock`` the time of its clock.
        """
        pause = self._pauses.get(topic)
        if pause is None or pause.offset != offset:
            pause = self._pauses[topic] = _Pause(offset, clock, 0.0, now_s)
        pause.length_s += min(now_s - pause.checked_s, _MOST_S)
        pause.checked_s = now_s
        return pause.clock + pause.length_s
