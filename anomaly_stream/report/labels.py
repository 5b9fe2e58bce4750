"""Labelled anomalies of a file: the windows in which an alert is right.

The file is CSV with a header, in one of two forms::

    start,end                     one window a row
    timestamp,label               one value a row; label 1 or true: the value is anomalous

Every other column names the series: ``metric``, or a label of the series. An empty cell, or a column that is
not there, holds for every series. Times are RFC 3339 or seconds since the epoch.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

import numpy as np

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import Series
from anomaly_stream.report.times import parse_time
from anomaly_stream.report.tracks import Track

_WINDOWS, _POINTS = ("start", "end"), ("timestamp", "label")
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled window, or a labelled value whose ``start`` and ``end`` are equal; seconds."""

    start: float
    end: float
    is_point: bool
    selector: tuple[tuple[str, str], ...]
    """Pairs of column and cell that a series must have."""

    def concerns(self, series: Series) -> bool:
        """Whether the label is about this series."""
        known = {**dict(series.labels), "metric": series.metric}
        return all(known.get(name) == value for name, value in self.selector)


@dataclass(frozen=True, slots=True)
class Window:
    """A time span that is labelled as anomalous, both ends included; seconds."""

    start: float
    end: float


def parse_labels(text: str, name: str, zone: tzinfo = UTC) -> list[Label]:
    """The labels of a file; times without a zone are in ``zone``.

    Raises:
        AnomalyStreamError: the header or a row cannot be used; the message names file and line.
    """
    rows = csv.reader(text.removeprefix("\ufeff").splitlines())
    header = [column.strip() for column in next(rows, [])]
    is_point = set(header).issuperset(_POINTS)
    if not is_point and not set(header).issuperset(_WINDOWS):
        raise AnomalyStreamError(
            f"{name}: the header needs the columns start,end (windows) or timestamp,label (values)"
        )
    labels: list[Label] = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            labels += _labels_of(header, cells, is_point, zone)
        except ValueError as error:
            raise AnomalyStreamError(f"{name}:{rows.line_num}: {error}") from None
    return labels


def _labels_of(header: Sequence[str], cells: Sequence[str], is_point: bool, zone: tzinfo) -> Iterator[Label]:
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells, but the header has {len(header)}")
    row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
    fields = _POINTS if is_point else _WINDOWS
    selector = tuple((column, cell) for column, cell in row.items() if column not in fields and cell)
    if is_point:
        truth = _TRUTHS.get(row["label"].lower())
        if truth is None:
            raise ValueError(f"label {row['label']!r} is none of 1, true, yes, 0, false, no")
        if truth:
            time = parse_time(row["timestamp"], zone)
            yield Label(time, time, True, selector)
        return
    start, end = parse_time(row["start"], zone), parse_time(row["end"], zone)
    if end < start:
        raise ValueError(f"the end {row['end']} lies before the start {row['start']}")
    yield Label(start, end, False, selector)


def windows_of(track: Track, labels: Sequence[Label]) -> list[Window]:
    """The windows of one series, in order. Labelled values that follow each other are one window.

    Overlapping windows count as one. A labelled value that the series does not have is left out.
    """
    times = track.column("timestamp")
    own = [label for label in labels if label.concerns(track.series)]
    found = [(label.start, label.end) for label in own if not label.is_point]
    labelled = np.isin(times, [label.start for label in own if label.is_point])
    starts = np.flatnonzero(labelled & ~np.concatenate(([False], labelled[:-1])))
    ends = np.flatnonzero(labelled & ~np.concatenate((labelled[1:], [False])))
    found += zip(times[starts].tolist(), times[ends].tolist(), strict=True)
    return _merged(found)


def _merged(spans: Sequence[tuple[float, float]]) -> list[Window]:
    merged: list[Window] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Window(start, end))
    return merged
