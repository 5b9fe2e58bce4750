"""Reads the CSV files of data sets, for all benchmarks. A fault is one line: path, line, reason, cure."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats

_EARLIEST, _LATEST = np.datetime64("1900-01-01", "us"), np.datetime64("2200-01-01", "us")
"""A time beyond these is a number that was read as a year."""
_GO_BACK = 100
"""One row in so many may be earlier than the one above it."""


class DataError(Exception):
    """A folder or file that is not laid out as its benchmark needs it; the message names path and cure."""


def csv_files(folder: Path, pattern: str, layout: str, cure: str) -> list[Path]:
    """The files in ``folder`` that match ``pattern``, sorted.

    Args:
        folder: where to look.
        pattern: of ``Path.glob``.
        layout: the pattern, as the user reads it.
        cure: what to do if there are none.

    Raises:
        DataError: there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; looked for {layout} in it: {cure}")
    files = sorted(folder.glob(pattern))
    if not files:
        raise DataError(f"{folder}: no {layout} in it: {cure}")
    return files


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a CSV file by column; ``lines`` has the line of each row in the file."""

    path: Path
    columns: Mapping[str, tuple[str, ...]]
    lines: Sequence[int]

    @classmethod
    def read(cls, path: Path, needed: Sequence[str], delimiter: str = ",") -> "Table":
        """Read a file with a header; lines without any cell are left out.

        Raises:
            DataError: a column is missing, a row is shorter or longer than the header, there is no row, or
                the file is not UTF-8 text.
        """
        lines, rows = [], []
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file, delimiter=delimiter)
                header = next(reader, [])
                for row in reader:
                    if row:
                        lines.append(reader.line_num)
                        rows.append(row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path}: not a CSV file in UTF-8: {error}; save it as that") from error
        if not header and not rows:
            raise DataError(f"{path}: an empty file; remove it or fill it")
        if missing := [name for name in needed if name not in header]:
            raise DataError(
                f"{path}, line 1: no column {', '.join(missing)}; the header is {header}:"
                f" name the columns so, with {delimiter!r} between them"
            )
        for line, row in zip(lines, rows, strict=True):
            if len(row) != len(header):
                raise DataError(
                    f"{path}, line {line}: {len(row)} cells, and the header has {len(header)};"
                    " correct the line"
                )
        if not rows:
            raise DataError(f"{path}: no rows below the header; remove the file or fill it")
        return cls(path, dict(zip(header, zip(*rows, strict=True), strict=True)), lines)

    def numbers(self, name: str, *, may_be_missing: bool = False) -> Floats:
        """A column of numbers; NaN where a value is missing.

        Raises:
            DataError: a cell is not a finite number.
        """
        cells = self.columns[name]
        values = np.array([_number(cell) for cell in cells])
        bad = np.isinf(values) if may_be_missing else ~np.isfinite(values)
        if bad.any():
            or_empty = " or an empty cell" if may_be_missing else ""
            raise self._fault(int(bad.argmax()), name, f"a finite number{or_empty}")
        return values

    def labels(self, name: str, known: Sequence[int]) -> Floats:
        """A column of labels.

        Raises:
            DataError: a label is not one of ``known``.
        """
        values = np.array([_number(cell) for cell in self.columns[name]])
        bad = ~np.isin(values, known)
        if bad.any():
            raise self._fault(int(bad.argmax()), name, " or ".join(map(str, known)))
        return values

    def times(self, name: str) -> Floats:
        """A column of ISO 8601 times in epoch seconds; a time without a zone is UTC.

        Raises:
            DataError: a cell is not such a time.
        """
        cells = self.columns[name]
        try:
            moments = moments_of(cells)
        except ValueError:
            row = next(place for place, cell in enumerate(cells) if not _is_time(cell))
            raise self._fault(row, name, "a time such as 2024-01-31 23:59:00") from None
        bad = ~((moments >= _EARLIEST) & (moments < _LATEST))
        if bad.any():
            raise self._fault(int(bad.argmax()), name, "a time such as 2024-01-31 23:59:00")
        return seconds_of(moments)

    def check_order(self, name: str, seconds: Floats) -> None:
        """Whether a series can have these times of column ``name``: at least two, and they go on.

        A few rows may repeat the time before or go back, as in published data: at most half of them, and one
        in ``_GO_BACK``.

        Raises:
            DataError: they do not.
        """
        if len(seconds) < 2:
            raise DataError(
                f"{self.path}: only one row, and a series needs two or more; remove the file or fill it"
            )
        steps = np.diff(seconds)
        if (steps < 0).sum() * _GO_BACK > len(steps):
            raise self._out_of_order(name, int((steps < 0).argmax()), "before", "sort the rows, oldest first")
        if (steps == 0).sum() * 2 >= len(steps):
            cure = "keep one row for each time, and one series in a file"
            raise self._out_of_order(name, int((steps == 0).argmax()), "equal to", cure)

    def _out_of_order(self, name: str, step: int, relation: str, cure: str) -> DataError:
        above, cell = self.columns[name][step : step + 2]
        return DataError(
            f"{self.path}, line {self.lines[step + 1]}: {name} is {cell!r}, {relation} {above!r} in the row"
            f" above, and many rows are so; {cure}"
        )

    def _fault(self, row: int, name: str, expected: str) -> DataError:
        cell = self.columns[name][row]
        return DataError(f"{self.path}, line {self.lines[row]}: {name} is {cell!r}; it must be {expected}")


def moments_of(cells: Sequence[str]) -> NDArray[np.datetime64]:
    """ISO 8601 times; ValueError if one is not."""
    return np.array([text.strip().removesuffix("Z") for text in cells], "datetime64[us]")


def seconds_of(moments: NDArray[np.datetime64]) -> Floats:
    """Epoch seconds."""
    seconds: Floats = moments.astype(np.int64) / 1e6
    return seconds


def _number(cell: str) -> float:
    """NaN for an empty cell, infinity for what is no number."""
    if not cell.strip():
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        return float("inf")


def _is_time(cell: str) -> bool:
    try:
        moments_of([cell])
    except ValueError:
        return False
    return True
