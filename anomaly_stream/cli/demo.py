"""``anomaly-stream demo``: real and simulated metrics, and their alerts, live on one machine."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.live import Live

from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.demo.session import run_demo
from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.view import live_view, next_steps, results_view
from anomaly_stream.ops.compilation import compile_kernels

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    duration: Annotated[
        float | None,
        typer.Option(
            help="Seconds from the first replayed value on. Default: half a minute after the replay.", min=1
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print only one JSON summary, at the end.")] = False,
) -> None:
    """Replay real and simulated metrics through an embedded broker and a worker, and show the alerts.

    Example: anomaly-stream demo --duration 60 --json
    """
    compile_kernels()
    if as_json:
        summary = run_demo(duration, lambda *_: None)
        typer.echo(orjson.dumps(summary.as_dict()))
        return
    console = Console()
    console.print(results_view(_run_live(console, duration)))
    console.print(next_steps(_program()), soft_wrap=True, markup=False, highlight=False)


def _program() -> str:
    """The command by name if it is on the path, otherwise by its file."""
    name = "anomaly-stream"
    return name if shutil.which(name) else shlex.quote(str(Path(sys.executable).with_name(name)))


def _run_live(console: Console, duration: float | None) -> Summary:
    seen, last_phase = 0, ""

    def show(summary: Summary, lag: int, scoreboard: Scoreboard, phase: str) -> None:
        nonlocal seen, last_phase
        if console.is_terminal:
            live.update(
                live_view(summary, lag, scoreboard, phase, max(3, (console.height - 8) // 2)), refresh=True
            )
            return
        if phase != last_phase:
            console.print(phase)
            last_phase = phase
        for event in scoreboard.latest[seen - scoreboard.total :] if scoreboard.total > seen else []:
            console.print(f"{event.status:9} {event.severity:9} {event.explanation}", soft_wrap=True)
        seen = scoreboard.total

    with Live(console=console, auto_refresh=False, transient=True) as live:
        return run_demo(duration, show)
