"""The position of a partition: up to which offset of each source topic its state includes all records.

A checkpoint writes it after the rows. So after a crash the records between the committed offsets and the
position, which are read again, are skipped as a whole: none is learned twice, and none moves a clock.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from anomaly_stream.engine.bank.expiry import Clock
from anomaly_stream.engine.bank.source_clocks import SourceClock
from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_keys import POSITION_KEY
from anomaly_stream.formats.state_record import POSITION, open_record, seal_json


class Position(msgspec.Struct, frozen=True):
    """The body of a position, as JSON that is padded with spaces."""

    offsets: dict[str, tuple[int, int]]
    """By source topic: its generation, and the offset after the last record included."""
    topics: list[tuple[str, int]]
    """The topics of the offsets in ``times``, with their generations."""
    times: dict[str, Clock]
    """By id of a config, its clock of expiry; see ``engine.bank.expiry``."""
    source_clocks: dict[str, SourceClock] = {}
    """By metrics topic, its clock; see ``engine.bank.source_clocks``."""
    silent_until: dict[str, float] = {}
    """A heartbeat: by metrics topic, the event time up to which nothing comes after ``offsets``. Whoever
    loads the position moves the clocks there before it processes another record."""
    configs: tuple[int, int] | None = None
    """The configs under which the records after ``offsets`` are judged: the generation of the configs topic,
    and the offset up to which it counts. None: the newest, because no record was judged after ``offsets``."""

    @staticmethod
    def of(
        sources: Sequence[tuple[str, int]],
        watermarks: Mapping[str, int],
        topics: Sequence[tuple[str, int]],
        clocks: dict[str, Clock],
        source_clocks: Mapping[int, SourceClock] = MappingProxyType({}),
        silent_until: Mapping[str, float] = MappingProxyType({}),
        configs: tuple[int, int] | None = None,
    ) -> "Position":
        """The position at these watermarks of ``sources``; the clocks have offsets of ``topics``.

        Both are topics with their generations. ``source_clocks`` are by number in ``topics``.
        """
        offsets = {
            topic: (generation, watermarks[topic]) for topic, generation in sources if topic in watermarks
        }
        named = {topics[number][0]: clock for number, clock in source_clocks.items()}
        return Position(offsets, list(topics), clocks, named, dict(silent_until), configs)

    def clocks(self, topics: Sequence[tuple[str, int]]) -> dict[str, Clock]:
        """The clocks, with offsets of ``topics``; -1 for a topic that is new since."""
        places = [self.topics.index(topic) if topic in self.topics else -1 for topic in topics]
        return {
            name: Clock(clock.time, tuple(clock.offsets[at] if at >= 0 else -1 for at in places))
            for name, clock in self.times.items()
        }

    def clocks_of_sources(self, topics: Sequence[tuple[str, int]]) -> dict[int, SourceClock]:
        """The clocks of ``topics`` whose generation is still the same, by number."""
        return {
            number: self.source_clocks[topic]
            for number, (topic, generation) in enumerate(topics)
            if topic in self.source_clocks and (topic, generation) in self.topics
        }

    def watermarks(self, sources: Sequence[tuple[str, int]]) -> dict[str, int]:
        """The watermarks of the sources whose generation is still the same."""
        return {
            topic: self.offsets[topic][1]
            for topic, generation in sources
            if topic in self.offsets and self.offsets[topic][0] == generation
        }

    def encode(self) -> bytes:
        """The state record."""
        return seal_json(POSITION, msgspec.json.encode(self))

    @staticmethod
    def decode(record: bytes) -> "Position":
        """The inverse of :meth:`encode`.

        Raises:
            StateError: it is not such a record, or it is damaged.
        """
        try:
            return msgspec.json.decode(open_record(POSITION, POSITION_KEY, record), type=Position)
        except msgspec.DecodeError as error:
            raise StateError(f"the position of a partition cannot be read: {error}") from None
