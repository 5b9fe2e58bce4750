"""``anomaly-stream demo``: real and simulated metrics, and their alerts, live on one machine."""

from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.live import Live

from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.demo.session import Result, run_demo
from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.view import closing_view, live_view
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
        result = run_demo(duration, lambda *_: None)
        typer.echo(orjson.dumps(result.summary.as_dict()))
        return
    console = Console()
    result = _run_live(console, duration)
    console.print(closing_view(result.summary, result.bootstrap_servers))


def _run_live(console: Console, duration: float | None) -> Result:
    seen = 0

    def show(summary: Summary, lag: int, scoreboard: Scoreboard, phase: str) -> None:
        nonlocal seen
        if console.is_terminal:
            live.update(
                live_view(summary, lag, scoreboard, phase, max(3, (console.height - 8) // 2)), refresh=True
            )
            return
        for event in scoreboard.latest[seen - scoreboard.total :] if scoreboard.total > seen else []:
            console.print(f"{event.status:9} {event.severity:9} {event.explanation}", soft_wrap=True)
        seen = scoreboard.total

    with Live(console=console, auto_refresh=False, transient=True) as live:
        return run_demo(duration, show)
