"""The values before alert events, read back from the metrics topics.

The metrics topics hold every value already, so workers keep none for this and publish none: an alert costs
one bounded read of one partition, in the process that wants its values.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.past_values import past_values
from anomaly_stream.formats.decoder import Decoder
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.registry import make_decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent, ObservationColumns
from anomaly_stream.model.past_values import PastValue
from anomaly_stream.settings import Settings

_RECORDS_BACK = (2_000, 20_000, 200_000)
"""How many records before an event are read; the next number is tried where the one before it did not reach
far enough."""


class _Range(NamedTuple):
    """Offsets of one partition, and the events that need them."""

    topic: str
    partition: int
    first: int
    last: int
    events: list[AlertEvent]


def is_on_metrics_topic(event: AlertEvent, names: TopicNames) -> bool:
    """Whether an observation of a series caused the event, so that it has values before it.

    It is False for groups, and for an alert that a change of the config resolved.
    """
    return event.source is not None and event.source.topic in names.metrics


def values_before(
    settings: Settings, events: Sequence[AlertEvent], count: int, seconds: float
) -> dict[str, list[PastValue]]:
    """By event id, the last ``count`` values up to each event, its own included, in order of time.

    An event is missing if nothing was found of its series, or if reading did not reach it in ``seconds``. It
    has fewer values if the series is new, if Kafka has deleted the records, or if more than 200,000 records
    of the partition are between them.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    names = TopicNames.of(settings)
    found: dict[str, list[PastValue]] = {}
    wanted = [event for event in events if is_on_metrics_topic(event, names)]
    for topic in {event.source.topic for event in wanted if event.source is not None}:
        # The first decoding loads compiled kernels, which is not to count as time of reading.
        _decoder(names, topic, SeriesIndex()).decode(records_of([(b"", b"{}")], topic, 0))
    deadline = time.monotonic() + seconds
    for back in _RECORDS_BACK:
        for each in _ranges(wanted, back):
            left = deadline - time.monotonic()
            if left <= 0:
                return found
            found |= _read(settings, names, each, count, left)
        wanted = [event for event in wanted if len(found.get(event.event_id, ())) < count]
    return found


def _ranges(events: Sequence[AlertEvent], back: int) -> Iterator[_Range]:
    """The offsets from ``back`` records before each event up to it; events that overlap share a range."""
    by_partition: dict[tuple[str, int], dict[int, list[AlertEvent]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.source is not None:
            source = event.source
            by_partition[source.topic, source.partition][source.offset].append(event)
    for (topic, partition), by_offset in by_partition.items():
        offsets = sorted(by_offset)
        begins = [0, *(n for n, (a, b) in enumerate(pairwise(offsets), 1) if b - a > back), len(offsets)]
        for begin, end in pairwise(begins):
            near = offsets[begin:end]
            first = max(0, near[0] - back + 1)
            yield _Range(topic, partition, first, near[-1], [e for o in near for e in by_offset[o]])


def _read(
    settings: Settings, names: TopicNames, wanted: _Range, count: int, seconds: float
) -> dict[str, list[PastValue]]:
    """The values of the events of one range; none if it was not read to its end in time."""
    index = SeriesIndex()
    decoder = _decoder(names, wanted.topic, index)
    bounds = ReadBounds(offset=wanted.first, partition=wanted.partition, last=wanted.last, seconds=seconds)
    stops: list[str] = []
    parts = [
        decoder.decode(records)[0]
        for records in read_past(settings, [wanted.topic], bounds, on_stop=stops.append)
    ]
    if stops or not parts:
        return {}
    observations = _joined(parts)
    values = {
        event.event_id: past_values(event, observations, index.series, count) for event in wanted.events
    }
    return {event: of_event for event, of_event in values.items() if of_event}


def _decoder(names: TopicNames, topic: str, index: SeriesIndex) -> Decoder:
    return make_decoder(names.formats[topic], index)


def _joined(parts: Sequence[ObservationColumns]) -> ObservationColumns:
    """Observations of consecutive records as one. ``record`` keeps the row within its part."""
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ObservationColumns.__dataclass_fields__
    )
    return ObservationColumns(*columns)
