"""``anomaly-stream demo``: real and simulated metrics, and their alerts, live on one machine."""

import contextlib
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.live import Live

from anomaly_stream.cli.files import open_output
from anomaly_stream.demo.session import run_demo
from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.view import alert_line, live_view, next_steps, results_view
from anomaly_stream.model import AlertEvent
from anomaly_stream.ops.compilation import compile_kernels

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    duration: Annotated[
        float | None,
        typer.Option(
            help="Seconds from the first replayed value on. Default: half a minute after the replay.", min=1
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw all series with their alerts and known faults, as one HTML page."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print only one JSON summary, at the end.")] = False,
) -> None:
    """Replay real and simulated metrics through an embedded broker and a worker, and show the alerts.

    Example: anomaly-stream demo --report demo.html
    """
    compile_kernels()
    console = Console()
    with contextlib.ExitStack() as stack:
        page = stack.enter_context(open_output(report)) if report else None
        summary, draw = run_demo(duration, _silent) if as_json else _run_live(console, duration)
        if page is not None:
            typer.echo(f"drawing {report}", err=True)
            page.write(draw().encode())
    if as_json:
        typer.echo(orjson.dumps(summary.as_dict()))
        return
    console.print(results_view(summary))
    steps = next_steps(_program(), str(report) if report else None)
    console.print(steps, soft_wrap=True, markup=False, highlight=False)


def _program() -> str:
    """The command by name if it is on the path, otherwise by its file."""
    name = "anomaly-stream"
    return name if shutil.which(name) else shlex.quote(str(Path(sys.executable).with_name(name)))


def _silent(summary: Summary, events: Sequence[AlertEvent], phase: str) -> None:
    """Show nothing."""


def _run_live(console: Console, duration: float | None) -> tuple[Summary, Callable[[], str]]:
    shown, last_phase = 0, ""

    def show(summary: Summary, events: Sequence[AlertEvent], phase: str) -> None:
        nonlocal shown, last_phase
        if console.is_terminal:
            rows = max(3, (console.height - 8) // 2)
            live.update(live_view(summary, events, phase, rows), refresh=True)
            return
        title = phase.partition(": ")[0]
        if title and title != last_phase:
            console.print(title)
            last_phase = title
        for event in events[shown:]:
            console.print(alert_line(event), soft_wrap=True, highlight=False)
        shown = len(events)

    with Live(console=console, auto_refresh=False, transient=True) as live:
        return run_demo(duration, show)
