"""Inputs in order of event time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from anomaly_stream.formats.lines import columns_of_spans
from anomaly_stream.formats.registry import make_decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import RecordColumns

_RECORDS = 50_000


def sorted_by_time(blocks: Iterable[InputBlock], format_name: str) -> Iterator[InputBlock]:
    """All records by their event time, in blocks of a bounded size; equal times keep their order.

    The whole input is held in memory. Records that cannot be decoded come last. A message that is an array
    counts by its earliest observation.
    """
    everything = list(blocks)
    faults = [fault for block in everything for fault in block.faults]
    held = [block for block in everything if len(block.records)]
    if not held:
        yield from (replace(block, faults=faults) for block in everything[:1])
        return
    order = np.argsort(np.concatenate([_times(block.records, format_name) for block in held]), kind="stable")
    bases = np.cumsum([0, *(len(block.records.buffer) for block in held[:-1])])
    starts = np.concatenate([b.records.value_start + base for b, base in zip(held, bases, strict=True)])
    lengths = np.concatenate([block.records.value_length for block in held])
    offsets = np.concatenate([block.records.offset for block in held])
    buffer = np.concatenate([block.records.buffer for block in held])
    names = [block.records.topic for block in held for _ in range(len(block.records))]
    written = None
    if any(block.written_times is not None for block in held):
        written = [time for block in held for time in block.written_times or [""] * len(block.records)]
    for first in range(0, len(order), _RECORDS):
        part = order[first : first + _RECORDS]
        records = columns_of_spans(
            buffer, names[part[0]], offsets[part], starts[part], lengths[part], int(offsets.max()) + 1
        )
        yield InputBlock(
            records,
            None if written is None else [written[n] for n in part.tolist()],
            [names[n] for n in part.tolist()],
            faults if first == 0 else [],
        )


def _times(records: RecordColumns, format_name: str) -> Floats:
    """The event time of each record's earliest observation; infinite if it has none."""
    observations, _ = make_decoder(format_name, SeriesIndex()).decode(records)
    times = np.full(len(records), np.inf)
    np.minimum.at(times, observations.record, observations.timestamp)
    return times
