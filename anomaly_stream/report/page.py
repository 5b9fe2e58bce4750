"""The report as one HTML document that needs nothing else: no network, no other file."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from anomaly_stream.alerts.wording import clock, plural
from anomaly_stream.report.chart_data import chart_json, columns_per_chart
from anomaly_stream.report.comparison import SIDES, Row, rows_of
from anomaly_stream.report.elements import element, table
from anomaly_stream.report.labels import Label, Window, windows_of
from anomaly_stream.report.offline_run import InputCounts
from anomaly_stream.report.sections import (
    alert_list,
    differences,
    label_scores,
    noisiest,
    summary,
    weekly_alerts,
)
from anomaly_stream.report.tracks import Track


@dataclass(frozen=True, slots=True)
class Side:
    """What one set of configs made of the input."""

    name: str
    """The name of its file."""
    counts: InputCounts
    tracks: list[Track]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a page shows.

    Attributes:
        source: name of the input.
        sides: one or two.
        labels: None without a file of labels.
        most_charts: the most series to draw; the noisiest are drawn.
        faulty: lines of the input that could not be read.
    """

    source: str
    sides: Sequence[Side]
    labels: Sequence[Label] | None = None
    most_charts: int = 200
    faulty: int = 0
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", rows_of([side.tracks for side in self.sides]))

    @property
    def drawn(self) -> list[Row]:
        """The rows that have a chart."""
        return self.rows[: self.most_charts]

    def windows(self, track: Track | None) -> list[Window]:
        """The labelled windows of a track's series."""
        return windows_of(track, self.labels) if track is not None and self.labels else []


def render(report: Report) -> str:
    """The HTML document."""
    style, script = _file("page.css"), _file("page.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    title = f"{report.source}: anomalies"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", style),
    )
    body = element("body", element("main", *_sections(report)), element("script", script))
    document = element("html", head, body, lang="en")
    return f"<!DOCTYPE html>\n{tostring(document, encoding='unicode', method='html')}\n"


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text()


def _sections(report: Report) -> Iterator[Element]:
    yield element("h1", report.source)
    yield from summary([(side.name, side.counts, side.tracks) for side in report.sides], report.faulty)
    if len(report.sides) == 2:
        yield from differences(report.rows)
    if report.labels is not None:
        yield from label_scores(
            [
                [(track, report.windows(track)) for row in report.rows if (track := row.tracks[side])]
                for side in range(len(report.sides))
            ]
        )
    yield from weekly_alerts(report.rows, len(report.sides))
    yield from noisiest(report.rows, report.most_charts)
    yield from _charts(report)


def _charts(report: Report) -> Iterator[Element]:
    yield element("h2", "Series")
    yield element("noscript", element("p", "The charts need JavaScript. It is part of this file."))
    yield _legend(len(report.sides) == 2, report.labels is not None)
    columns = columns_per_chart(sum(len(row.tracks) for row in report.drawn))
    for number, row in enumerate(report.drawn):
        yield _series(report, row, number, columns)
    yield from _rest(report.rows[report.most_charts :])


def _legend(two_sides: bool, labelled: bool) -> Element:
    entries = [
        ("value", "value"),
        ("expected", "expected"),
        ("band", "normal range"),
        ("minor", "minor"),
        ("moderate", "moderate"),
        ("severe", "severe anomaly"),
        ("alert", "alert"),
    ]
    if two_sides:
        entries.append(("only", "only under this config"))
    if labelled:
        entries.append(("label", "labelled"))
    items = [element("li", element("i", class_=f"key {name}"), text) for name, text in entries]
    return element("ul", *items, class_="legend")


def _series(report: Report, row: Row, number: int, columns: int) -> Element:
    panels = [_panel(report, row, side, columns) for side in range(len(row.tracks))]
    return element(
        "section",
        element("h3", row.name),
        element("div", *panels, class_=f"panels of-{len(panels)}"),
        *alert_list(row),
        class_="series",
        id=f"series-{number}",
    )


def _panel(report: Report, row: Row, side: int, columns: int) -> Element:
    track = row.tracks[side]
    letter = f"{SIDES[side]}: " if len(row.tracks) == 2 else ""
    if track is None:
        caption = element("figcaption", f"{letter}no config watches this series")
        return element("figure", caption, class_="panel")
    alerts, anomalies = track.noise
    counted = f"{plural(alerts, 'alert')}, {plural(anomalies, 'anomaly', 'anomalies')}"
    counted += f" in {plural(len(track), 'value')}"
    data = element("script", chart_json(row, side, report.windows(track), columns), type="application/json")
    return element(
        "figure",
        element("figcaption", letter, element("b", track.config_id), f" · {counted}"),
        element("div", class_="chart", tabindex="0", role="img", aria_label=f"{row.name}: {counted}"),
        data,
        class_="panel",
    )


def _rest(rows: Sequence[Row]) -> Iterator[Element]:
    """Series without a chart: those with anomalies by name, the others as a number."""
    if not rows:
        return
    noisy = [row for row in rows if any(row.noise)]
    yield element("h3", f"{plural(len(rows), 'more series', 'more series')} without a chart")
    if len(noisy) < len(rows):
        yield element("p", f"{plural(len(rows) - len(noisy), 'series', 'series')} without an anomaly.")
    if noisy:
        yield table(
            ("series", "alerts", "anomalies", "last anomaly"),
            [(row.name, *(f"{count:,}" for count in row.noise), clock(_last_anomaly(row))) for row in noisy],
        )


def _last_anomaly(row: Row) -> float:
    return max(float(track.anomaly_times[-1]) for track in row.tracks if track and track.noise[1])
