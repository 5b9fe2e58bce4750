"""The terminal view of the demo: counters, and alerts as they arrive, each with its explanation."""

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.demo.summary import Summary
from anomaly_stream.model import AlertEvent

_STATUS_STYLE = {"firing": "bold red", "updated": "yellow", "resolved": "green"}
_SEVERITY_STYLE = {"minor": "yellow", "moderate": "dark_orange", "severe": "bold red"}


def live_view(summary: Summary, lag: int, scoreboard: Scoreboard, phase: str, rows: int) -> RenderableType:
    """The whole screen; ``rows`` is the number of alerts that fit."""
    return Group(_counters(summary, lag, phase), _alerts(scoreboard.latest[-rows:]))


def _counters(summary: Summary, lag: int, phase: str) -> Panel:
    grid = Table.grid(expand=True)
    for _ in range(5):
        grid.add_column(justify="center")
    grid.add_row(
        _counter("observations", f"{summary.observations:,}"),
        _counter("observations/s", f"{summary.observations_per_s:,.0f}"),
        _counter("lag (messages)", f"{lag:,}"),
        _counter("series", f"{summary.series:,}"),
        _counter("alerts", f"{summary.alerts:,}"),
    )
    return Panel(grid, title="anomaly-stream demo", subtitle=phase)


def _counter(name: str, value: str) -> Text:
    return Text.assemble((value, "bold"), "\n", (name, "dim"), justify="center")


def _alerts(events: list[AlertEvent]) -> Table:
    table = Table(expand=True, box=None, header_style="dim")
    table.add_column("event time (UTC)", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("what happened", ratio=1)
    for event in reversed(events):
        table.add_row(
            datetime.fromtimestamp(event.timestamp, UTC).strftime("%Y-%m-%d %H:%M"),
            Text(event.status, style=_STATUS_STYLE[event.status]),
            Text(event.severity, style=_SEVERITY_STYLE.get(event.severity, "")),
            event.explanation,
        )
    return table


def results_view(summary: Summary) -> Table:
    """The summary."""
    table = Table(title="Results of the demo", box=None, show_header=False, title_justify="left")
    table.add_column(style="dim")
    table.add_column()
    severities = ", ".join(f"{count:,} {name}" for name, count in summary.anomalies.items())
    table.add_row("observations", f"{summary.observations:,} of {summary.series:,} series")
    table.add_row("throughput", f"{summary.observations_per_s:,.0f} observations/s while replaying")
    table.add_row("anomalies", severities)
    table.add_row("alerts", f"{summary.alerts:,}, {summary.alerts_outside:,} outside a known stretch")
    table.add_row("dead letters", f"{summary.dead_letters:,}")
    unfinished = "" if summary.replay_complete else ", not all of them replayed"
    for kind, (found, count) in summary.stretches.items():
        table.add_row(kind, f"alert in {found} of {count}{unfinished}")
    return table


def next_steps(program: str) -> str:
    """Commands for a first config on the user's own Kafka; ``program`` runs anomaly-stream."""
    return "\n".join(
        (
            "",
            "Next, on your own Kafka (the demo's broker has stopped):",
            "",
            "echo 'metric: orders' > orders.yaml",
            "export ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS=host:9092",
            f"{program} topics create",
            f"{program} configs apply orders.yaml",
            f"{program} worker",
        )
    )
