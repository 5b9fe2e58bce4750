"""Tables on standard output, of which the next command takes ids."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import typer
from rich.cells import cell_len

from anomaly_stream.ops import terminal

_GAP = "  "
_LEAST_TEXT = 30
"""Narrowest last column, in characters, that is wrapped."""


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their headings. Nothing is cut.

    In a pipe or file, a row is one line. On a terminal, the last column is wrapped within itself, unless
    the others leave too little room.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    first, *others = table_lines(headings, rows, width)
    typer.echo(typer.style(first, bold=True))
    for line in others:
        typer.echo(line)


def table_lines(
    headings: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> Iterator[str]:
    """The lines of a table; ``width``: that of the terminal."""
    cells = [[*headings], *([terminal.line(cell) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)][:-1]
    begin = sum(widths) + len(_GAP) * len(widths)
    room = None if width is None or width - begin < _LEAST_TEXT else width - begin
    for *before, last in cells:
        padded = [cell + " " * (size - cell_len(cell)) for cell, size in zip(before, widths, strict=True)]
        text, *more = [last] if room is None else _wrapped(last, room)
        yield _GAP.join([*padded, text]).rstrip()
        for each in more:
            yield " " * begin + each


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
