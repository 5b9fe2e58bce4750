"""A progress bar on a terminal, and nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def reading(path: Path, blocks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """``blocks`` of the file at ``path``, with a progress bar on standard error while they are read."""
    console = Console(stderr=True)
    if not console.is_terminal or not path.is_file():
        yield blocks
        return
    columns = (TextColumn(path.name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=path.stat().st_size)

        def advanced() -> Iterator[bytes]:
            for block in blocks:
                yield block
                progress.advance(task, len(block))

        yield advanced()
