"""The terminal view of the demo: counters, and alerts as they arrive, each with its explanation."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from anomaly_stream.alerts.wording import clock
from anomaly_stream.demo.summary import Summary
from anomaly_stream.model import AlertEvent

_STATUS_STYLE = {"firing": "bold red", "updated": "yellow", "reminder": "yellow", "resolved": "green"}
_SEVERITY_STYLE = {"minor": "yellow", "moderate": "dark_orange", "severe": "bold red"}


def live_view(summary: Summary, events: Sequence[AlertEvent], phase: str, rows: int) -> RenderableType:
    """The whole screen; ``rows`` is the number of alerts that fit."""
    return Group(_counters(summary, phase), _alerts(events[-rows:]))


def alert_line(event: AlertEvent) -> str:
    """An alert event on one line, for output that is no terminal."""
    return f"{clock(event.timestamp)}  {event.status:9} {event.severity:9} {event.explanation}"


def _counters(summary: Summary, phase: str) -> Panel:
    grid = Table.grid(expand=True)
    for _ in range(3):
        grid.add_column(justify="center")
    grid.add_row(
        _counter("observations", f"{summary.observations:,}"),
        _counter("series", f"{summary.series:,}"),
        _counter("alerts", f"{summary.alerts:,}"),
    )
    return Panel(grid, title="anomaly-stream demo", subtitle=phase)


def _counter(name: str, value: str) -> Text:
    return Text.assemble((value, "bold"), "\n", (name, "dim"), justify="center")


def _alerts(events: Sequence[AlertEvent]) -> Table:
    table = Table(expand=True, box=None, header_style="dim")
    table.add_column("event time", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("what happened", ratio=1)
    for event in reversed(events):
        table.add_row(
            clock(event.timestamp),
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
    table.add_row("anomalies", severities)
    table.add_row("alerts", f"{summary.alerts:,}, {summary.alerts_outside:,} outside a known stretch")
    table.add_row("dead letters", f"{summary.dead_letters:,}")
    if summary.replayed_until is not None:
        table.add_row("replay", f"ended at {clock(summary.replayed_until)}; later faults are not counted")
    for kind, (found, count) in summary.stretches.items():
        table.add_row(kind, f"alert in {found} of {count}")
    return table


def next_steps(program: str, report: str | None) -> str:
    """Commands that lead on; ``program`` runs anomaly-stream, ``report`` is the picture that was drawn."""
    picture = (
        f"Open {report} in a browser." if report else f"A picture of it: {program} demo --report demo.html"
    )
    return f"""
{picture}

Next, a worker of your own. Set the address of your Kafka, or run `{program} broker` in another terminal:

export ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:9092
export ANOMALY_STREAM_WORKER__FENCING=off  # for `{program} broker` only
echo 'metric: orders' > orders.yaml
{program} topics create
{program} configs apply orders.yaml
{program} worker"""
