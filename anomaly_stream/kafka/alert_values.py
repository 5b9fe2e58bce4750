"""The values before alert events, read back from the metrics topics and the groups topic.

These topics hold every value already, so workers keep none for this and publish none: an alert costs one
bounded read of one partition, in the process that wants its values.
"""

import math
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.past_values import PastValues
from anomaly_stream.formats.decoder import Decoder
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.registry import make_decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.groups.past_values import GroupPastValues
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.kafka.value_sources import has_values
from anomaly_stream.model import AlertEvent, ObservationColumns, RecordColumns
from anomaly_stream.model.past_values import GroupValues, PastValue, ValuesBefore
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


class _StoppedError(Exception):
    """Reading is to end before it has read a range."""


def values_before(
    settings: Settings,
    events: Sequence[AlertEvent],
    count: int,
    seconds: float = math.inf,
    opened_by: Mapping[str, AlertEvent] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, ValuesBefore]:
    """By event id, the last ``count`` values up to each event, its own included, in order of time.

    An event is missing if nothing was found of its series or group, or if reading did not reach it in
    ``seconds`` or before ``stopped`` was true. It has fewer values if the series is new, if Kafka has deleted
    the records, or if more than 200,000 records of the partition are between them.

    An event of a group has the values of five members. ``opened_by`` has the first event of alerts by alert
    id, which tells the members; without it, the event itself does.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    names = TopicNames.of(settings)
    found: dict[str, ValuesBefore] = {}
    wanted = [event for event in events if has_values(event, names)]
    for topic in {event.source.topic for event in wanted if event.source is not None} & set(names.metrics):
        # The first decoding loads compiled kernels, which is not to count as time of reading.
        _decoder(names, topic, SeriesIndex()).decode(records_of([(b"", b"{}")], topic, 0))
    deadline = time.monotonic() + seconds

    def is_over() -> bool:
        return stopped() or time.monotonic() >= deadline

    for back in _RECORDS_BACK:
        for each in _ranges(wanted, back):
            try:
                found |= _read(settings, names, each, count, opened_by or {}, is_over)
            except _StoppedError:
                return found
        wanted = [event for event in wanted if length_of(found.get(event.event_id)) < count]
    return found


def length_of(values: ValuesBefore | None) -> int:
    """How many values were found; of a group, of the member with the fewest."""
    if isinstance(values, GroupValues):
        return min((len(member.values) for member in values.members), default=0)
    return len(values or ())


def _ranges(events: Sequence[AlertEvent], back: int) -> Iterator[_Range]:
    """The offsets from ``back`` records before each event up to it; events near each other share a range."""
    by_partition: dict[tuple[str, int], list[tuple[int, AlertEvent]]] = defaultdict(list)
    for event in events:
        if event.source is not None:
            source = event.source
            by_partition[source.topic, source.partition].append((source.offset, event))
    for (topic, partition), placed in by_partition.items():
        placed.sort(key=itemgetter(0))
        begin = 0
        while begin < len(placed):  # so a range has at most twice as many records
            offset = placed[begin][0]
            end = bisect_right(placed, offset + back, key=itemgetter(0))
            first, last = max(0, offset - back + 1), placed[end - 1][0]
            yield _Range(topic, partition, first, last, [event for _, event in placed[begin:end]])
            begin = end


def _read(
    settings: Settings,
    names: TopicNames,
    wanted: _Range,
    count: int,
    opened_by: Mapping[str, AlertEvent],
    is_over: Callable[[], bool],
) -> dict[str, ValuesBefore]:
    """The values of the events of one range. Raises _StoppedError."""
    records = _records(settings, wanted, is_over)
    found: dict[str, GroupValues | list[PastValue] | None]
    if wanted.topic == names.groups:
        of_groups = GroupPastValues(records)
        found = {
            event.event_id: of_groups.before(event, opened_by.get(event.alert_id, event), count)
            for event in wanted.events
        }
    else:
        index = SeriesIndex()
        decoder = _decoder(names, wanted.topic, index)
        parts = [decoder.decode(each)[0] for each in records]
        if not parts:
            return {}
        of_series = PastValues(_joined(parts), index.series)
        found = {event.event_id: of_series.before(event, count) for event in wanted.events}
    return {event: values for event, values in found.items() if values}


def _records(settings: Settings, wanted: _Range, is_over: Callable[[], bool]) -> Iterator[RecordColumns]:
    bounds = ReadBounds(offset=wanted.first, partition=wanted.partition, last=wanted.last)
    if is_over():
        raise _StoppedError
    for records in read_past(settings, [wanted.topic], bounds):
        yield records
        if is_over() and records.next_offset <= wanted.last:
            raise _StoppedError


def _decoder(names: TopicNames, topic: str, index: SeriesIndex) -> Decoder:
    return make_decoder(names.formats[topic], index)


def _joined(parts: Sequence[ObservationColumns]) -> ObservationColumns:
    """Observations of consecutive records as one. ``record`` keeps the row within its part."""
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ObservationColumns.__dataclass_fields__
    )
    return ObservationColumns(*columns)
