"""JSON records to observation columns: a kernel first, a full parser for what the kernel leaves."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.json.messages import read_message
from anomaly_stream.formats.json.spellings import UNRESOLVED, SpellingCache
from anomaly_stream.formats.message_decoder import read_messages
from anomaly_stream.formats.observations import DecodedColumns, observation_columns, readable
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.json import Parsed, empty_parsed, parse_records
from anomaly_stream.model import Fault, ObservationColumns, RecordColumns

_SHORTEST_OBSERVATION = len('{"metric":"a","value":1}')


class JsonDecoder:
    """Reads records whose value is one observation as a JSON object, or an array of such objects.

    Args:
        index: the series of the partition.
        milliseconds: whether a number in ``timestamp`` is in milliseconds.
    """

    def __init__(self, index: SeriesIndex, milliseconds: bool = False) -> None:
        self._index = index
        self._milliseconds = milliseconds
        self._read = partial(read_message, milliseconds=milliseconds)
        self.spellings = SpellingCache(index)

    def decode(self, records: RecordColumns) -> tuple[ObservationColumns, list[Fault]]:
        """See ``Decoder``; elements of an array come in array order."""
        parsed, numbers = self._parse(records)
        rejected = np.zeros(len(records), np.bool_)
        rejected[parsed.record[numbers == UNRESOLVED]] = True
        keep = ~rejected[parsed.record]
        rejected |= parsed.left
        decoded = DecodedColumns(numbers, parsed.timestamp, parsed.value, parsed.learn, parsed.record)
        if not keep.all():
            decoded = decoded.take(np.flatnonzero(keep))
        faults: list[Fault] = []
        if rejected.any():
            rows = np.flatnonzero(rejected).tolist()
            decoded, faults = read_messages(records, rows, self._read, self._index, decoded)
        return observation_columns(records, decoded), faults

    def _parse(self, records: RecordColumns) -> tuple[Parsed, NDArray[np.int64]]:
        """Run the kernel over all records; the series numbers of what it parsed.

        The kernel stops when the spelling table is full, and continues in a larger or an empty table.
        """
        buffer = readable(records.buffer)
        total = int(np.maximum(records.value_length, 0).sum())
        parsed = empty_parsed(len(records), total // _SHORTEST_OBSERVATION + 1, self._milliseconds)
        series = np.empty(len(parsed.spelling), np.int64)
        row = count = 0
        emptied_for = -1
        while row < len(records):
            first = count
            row, count = parse_records(
                buffer,
                records.value_start,
                records.value_length,
                records.timestamp_ms,
                self.spellings.table,
                parsed,
                row,
                count,
            )
            series[first:count] = self.spellings.resolve(parsed.spelling[first:count])
            if row == len(records):
                break
            if self.spellings.make_room():
                continue
            if emptied_for == row:
                # One message has more spellings than the table may hold: leave it to the full parser.
                parsed.left[row] = True
                row += 1
            emptied_for = row
        cut = parsed._replace(
            timestamp=parsed.timestamp[:count],
            value=parsed.value[:count],
            learn=parsed.learn[:count],
            record=parsed.record[:count],
        )
        return cut, series[:count]


def millisecond_decoder(index: SeriesIndex) -> JsonDecoder:
    """A ``JsonDecoder`` of messages whose ``timestamp`` is in milliseconds if it is a number."""
    return JsonDecoder(index, milliseconds=True)
