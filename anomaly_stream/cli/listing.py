"""Lists that the API answers, the latest first, as a table or as JSON lines."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

import msgspec
import typer

from anomaly_stream.cli.tables import print_table

Item = TypeVar("Item")


def print_latest(
    found: Iterable[Item],
    limit: int | None,
    headings: Sequence[str],
    row: Callable[[Item], Sequence[str]],
    *,
    as_json: bool,
) -> None:
    """Print the first ``limit`` items, or all; a last line on standard error says if there are more."""
    items = list(islice(found, None if limit is None else limit + 1))
    shown = items[:limit]
    if as_json:
        for item in shown:
            typer.echo(msgspec.json.encode(item))
    elif not shown:
        typer.echo("There is none.")
    else:
        print_table(headings, map(row, shown))
    if limit is not None and len(items) > limit:
        typer.echo(
            f"anomaly-stream: these are the latest {limit:,}, and more exist: raise --limit to list them, or "
            "narrow the list with --until and the other filters",
            err=True,
        )
