"""The heartbeat of a partition on its way: proposed, written with the position, acted on."""

from collections.abc import Mapping


class Heartbeat:
    """By metrics topic, the event time up to which it is silent."""

    def __init__(self) -> None:
        self._proposed: dict[str, float] = {}
        self._watermarks: dict[str, int] = {}
        self.written: dict[str, float] = {}
        """Those in the last position, until the partition has acted on them."""

    def propose(self, topic: str, until: float, watermarks: Mapping[str, int]) -> None:
        """The topic is silent after these offsets."""
        if watermarks != self._watermarks:
            self._proposed, self._watermarks = {}, dict(watermarks)
        self._proposed[topic] = until

    def take_proposed(self, watermarks: Mapping[str, int]) -> dict[str, float]:
        """What to write with the position at these offsets; nothing if records were processed since."""
        proposed, self._proposed = self._proposed, {}
        if proposed and watermarks == self._watermarks:
            self.written = proposed
        return dict(self.written)

    def take_written(self) -> dict[str, float]:
        """What the partition acts on now."""
        written, self.written = self.written, {}
        return written
