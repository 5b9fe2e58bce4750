"""Record columns to observation columns: a kernel first, a full parser for what it leaves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.json_messages import read_message
from anomaly_stream.formats.series_index import UNRESOLVED, SeriesIndex
from anomaly_stream.kernels.headers import learn_headers
from anomaly_stream.kernels.json import Parsed, empty_parsed, parse_records
from anomaly_stream.model import Fault, ObservationColumns, RecordColumns

_SHORTEST_OBSERVATION = len('{"metric":"a","value":1}')


def decode(records: RecordColumns, index: SeriesIndex) -> tuple[ObservationColumns, list[Fault]]:
    """The observations of JSON records in record order, elements of an array in array order, and the faults.

    New series join ``index``. A record that holds no observation, or an array with a faulty element, is
    one ``Fault``; the good elements of such an array are among the observations all the same.
    """
    parsed, numbers = _parse(records, index)
    rejected = np.zeros(len(records), np.bool_)
    rejected[parsed.record[numbers == UNRESOLVED]] = True
    keep = ~rejected[parsed.record]
    rejected |= parsed.left
    columns: list[NDArray[Any]] = [numbers, parsed.timestamp, parsed.value, parsed.learn, parsed.record]
    if not keep.all():
        columns = [column[keep] for column in columns]
    faults: list[Fault] = []
    if rejected.any():
        columns, faults = _read_left(records, index, np.flatnonzero(rejected), columns)
    series, timestamp, value, learn, record = columns
    if records.header_count.any():
        taught = learn_headers(_readable(records.buffer), records.header_start, records.header_count)
        learn = learn | taught[record]
    return ObservationColumns(series, timestamp, value, learn, record, records.offset[record]), faults


def _readable(buffer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A read-only view: one type of array, so one compiled kernel, wherever the bytes came from."""
    view = buffer.view()
    view.flags.writeable = False
    return view


def _parse(records: RecordColumns, index: SeriesIndex) -> tuple[Parsed, NDArray[np.int64]]:
    """Run the kernel over all records, in as many calls as the table of spellings needs room for."""
    buffer = _readable(records.buffer)
    total = int(np.maximum(records.value_length, 0).sum())
    parsed = empty_parsed(len(records), total // _SHORTEST_OBSERVATION + 1)
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
            index.table,
            parsed,
            row,
            count,
        )
        series[first:count] = index.resolve(parsed.spelling[first:count])
        if row == len(records):
            break
        if index.make_room():
            continue
        if emptied_for == row:
            # One message with more spellings than the table may hold: the full parser takes it.
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


def _read_left(
    records: RecordColumns, index: SeriesIndex, rows: NDArray[np.intp], columns: list[NDArray[Any]]
) -> tuple[list[NDArray[Any]], list[Fault]]:
    """Read those records one by one and merge their observations into the columns, in record order."""
    faults: list[Fault] = []
    found: list[tuple[int, float, float, bool, int]] = []
    for row in rows.tolist():
        message = read_message(records.value(row), int(records.timestamp_ms[row]))
        found += [(index.add(r.series), r.timestamp, r.value, r.learn, row) for r in message.observations]
        if message.fault is not None:
            faults.append(Fault(row, message.fault.reason, message.fault.detail))
    if not found:
        return columns, faults
    merged = [
        np.concatenate((column, np.array(more, column.dtype)))
        for column, more in zip(columns, zip(*found, strict=True), strict=True)
    ]
    order = np.argsort(merged[-1], kind="stable")
    return [column[order] for column in merged], faults
