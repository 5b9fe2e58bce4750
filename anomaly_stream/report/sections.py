"""The tables of the report, as HTML elements."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element

import numpy as np

from anomaly_stream.alerts.wording import are, clock, plural
from anomaly_stream.model import Severity
from anomaly_stream.report.comparison import (
    SIDES,
    Difference,
    Row,
    alert_difference,
    anomaly_difference,
    is_only_in,
    total_difference,
)
from anomaly_stream.report.elements import element, table
from anomaly_stream.report.evaluation import EpisodeCounts, count_episodes, total
from anomaly_stream.report.labels import Window
from anomaly_stream.report.offline_run import InputCounts
from anomaly_stream.report.tracks import Alert, Track
from anomaly_stream.report.verdicts import LEARNING

_ALL_WEEKS = 12
"""With more weeks than this, those without alerts are left out."""
_NOISIEST = 10
_WEEK_S = 7 * 86400


def summary(sides: Sequence[tuple[str, InputCounts, Sequence[Track]]], faulty: int) -> Iterator[Element]:
    """Counts by status, and what keeps values from being scored. A side is its name, counts and tracks."""
    spans = [track.column("timestamp")[[0, -1]] for _, _, tracks in sides for track in tracks]
    if spans:
        times = np.concatenate(spans)
        yield element("p", f"{clock(float(times.min()))} to {clock(float(times.max()))}", class_="span")
    head = (
        "configs",
        "series",
        "scored",
        "learning",
        "not taken",
        *(s.label for s in Severity if s),
        "alerts",
    )
    yield table(head, [_summary_row(number, *side, len(sides)) for number, side in enumerate(sides)])
    for name, counts, tracks in sides:
        for warning in side_warnings(counts, tracks):
            yield element("p", f"{name}: {warning}", class_="warning")
    if faulty:
        text = f"{plural(faulty, 'line')} of the input could not be read; `anomaly-stream score` lists them."
        yield element("p", text, class_="warning")


def _taken(tracks: Sequence[Track]) -> tuple[int, int]:
    """How many verdicts scored a value, and how many only learned it."""
    learned = sum(int((track.severity == LEARNING).sum()) for track in tracks)
    return sum(map(len, tracks)) - learned, learned


def _summary_row(
    number: int, name: str, counts: InputCounts, tracks: Sequence[Track], sides: int
) -> tuple[str, ...]:
    severities = Counter(int(kind) for track in tracks for kind in track.severity[track.severity > 0])
    not_taken = counts.unmatched + counts.late + counts.duplicate + counts.ahead + counts.refused
    numbers = (
        len({track.series for track in tracks}),
        *_taken(tracks),
        not_taken,
        *(severities[severity] for severity in Severity if severity),
        sum(len(track.alerts) for track in tracks),
    )
    letter = f"{SIDES[number]}: " if sides == 2 else ""
    return f"{letter}{name}", *(f"{count:,}" for count in numbers)


def side_warnings(counts: InputCounts, tracks: Sequence[Track]) -> Iterator[str]:
    """What kept values of a side from being scored, each with its cure."""
    scored, learned = _taken(tracks)
    if counts.unmatched:
        unmatched = plural(counts.unmatched, "value")
        yield f"{unmatched} of series that no config matches: compare `metric` and `match`"
    if counts.late:
        yield f"{plural(counts.late, 'value')} behind a newer one of their series: sort the input by time"
    if counts.duplicate:
        yield f"{plural(counts.duplicate, 'value')} with a time that their series already had"
    if counts.ahead:
        yield f"{plural(counts.ahead, 'value')} far ahead of their series' cadence: check the timestamps"
    if counts.refused:
        yield f"{plural(counts.refused, 'value')} of series above `max_series`"
    if learned and not scored:
        yield (
            f"nothing was scored, because all {plural(learned, 'value')} were needed to learn:"
            " give more history, or a lower `min_observations`"
        )


def differences(rows: Sequence[Row]) -> Iterator[Element]:
    """What differs between two sides, over all series and by series."""
    yield element("h2", "What differs")
    alerts, anomalies = [alert_difference(row) for row in rows], [anomaly_difference(row) for row in rows]
    body = [
        (row.name, *_difference_cells(alert), *_difference_cells(anomaly))
        for row, alert, anomaly in zip(rows, alerts, anomalies, strict=True)
        if any(alert.only) or any(anomaly.only)
    ]
    sums = (*_difference_cells(total_difference(alerts)), *_difference_cells(total_difference(anomalies)))
    head = ("series", "alerts in both", "only A", "only B", "anomalies in both", "only A", "only B")
    yield table(head, [(element("b", "all series"), *sums), *body])
    if not body:
        yield element("p", "Both sides find the same anomalies and alerts.")


def _difference_cells(difference: Difference) -> tuple[str, ...]:
    return tuple(f"{count:,}" for count in (difference.both, *difference.only))


def label_scores(sides: Sequence[Sequence[tuple[Track, Sequence[Window]]]]) -> Iterator[Element]:
    """Precision and recall by episodes. A side is its tracks, each with its labelled windows."""
    yield element("h2", "Against the labels")
    totals = [total(count_episodes(track.alerts, windows) for track, windows in side) for side in sides]
    head = ("configs", "precision", "recall", "alerts", "right", "windows", "found")
    yield table(
        head, [_label_row(SIDES[at] if len(sides) == 2 else "all", each) for at, each in enumerate(totals)]
    )
    yield element(
        "p",
        "An alert is right if it overlaps a labelled window; a window is found if an alert overlaps it."
        " Precision = right / alerts, recall = found / windows.",
    )
    if not any(counts.windows for counts in totals):
        text = "No label concerns a value of the input: compare times, metric and labels of both files."
        yield element("p", text, class_="warning")


def _label_row(name: str, counts: EpisodeCounts) -> tuple[str, ...]:
    ratios = ("none" if ratio is None else f"{ratio:.0%}" for ratio in (counts.precision, counts.recall))
    numbers = (counts.alerts, counts.right_alerts, counts.windows, counts.found_windows)
    return name, *ratios, *(f"{number:,}" for number in numbers)


def weekly_alerts(rows: Sequence[Row], sides: int) -> Iterator[Element]:
    """Alerts that began in each week (from Monday, UTC) that has values."""
    tracks = [[track for row in rows if (track := row.tracks[side])] for side in range(sides)]
    weeks = {week for side in tracks for track in side for week in _weeks(track)}
    counted = [Counter(_monday(alert.start) for track in side for alert in track.alerts) for side in tracks]
    most = max((count for side in counted for count in side.values()), default=0)
    shown = sorted(weeks)
    yield element("h2", "Alerts a week")
    if len(shown) > _ALL_WEEKS:
        shown = [week for week in shown if any(side[week] for side in counted)]
        quiet = len(weeks) - len(shown)
        text = f"{plural(quiet, 'week')} of {len(weeks)} without an alert {are(quiet)} left out."
        yield element("p", text)
    if not shown:
        return
    names = [f"alerts {letter}" for letter in SIDES] if sides == 2 else ["alerts"]
    yield table(
        ("week from", *names),
        [(week.isoformat(), *(_bar(side[week], most) for side in counted)) for week in shown],
        numbers_from=len(names) + 1,
    )


def _weeks(track: Track) -> set[date]:
    starts = np.unique((track.column("timestamp") // 86400).astype(np.int64))
    return {_monday(86400.0 * day) for day in starts.tolist()}


def _monday(seconds: float) -> date:
    day = datetime.fromtimestamp(seconds, UTC).date()
    return day - timedelta(days=day.weekday())


def _bar(count: int, most: int) -> Element:
    share = 100.0 * count / most if most else 0.0
    return element(
        "div", element("i", style=f"width:{share / 2:.1f}%"), element("span", f"{count:,}"), class_="bar"
    )


def noisiest(rows: Sequence[Row], most_charts: int) -> Iterator[Element]:
    """The series with the most alerts, then anomalies, each with a link to its chart."""
    noisy = [row for row in rows[:_NOISIEST] if any(row.noise)]
    yield element("h2", "Noisiest series")
    if not noisy:
        yield element("p", "No series has an anomaly.")
        return
    two = len(rows[0].tracks) == 2
    names = ("alerts A", "alerts B", "anomalies A", "anomalies B") if two else ("alerts", "anomalies")
    body = []
    for number, row in enumerate(noisy):
        link = element("a", row.name, href=f"#series-{number}") if number < most_charts else row.name
        noises = [track.noise if track else (0, 0) for track in row.tracks]
        numbers = (*(alerts for alerts, _ in noises), *(anomalies for _, anomalies in noises))
        body.append((link, *(f"{count:,}" for count in numbers)))
    yield table(("series", *names), body)


def alert_list(row: Row) -> Iterator[Element]:
    """The alerts of a row with their sentences, in order of time; nothing if there are none."""
    alerts = sorted(
        ((alert, side) for side, track in enumerate(row.tracks) if track for alert in track.alerts),
        key=lambda found: (found[0].start, found[1]),
    )
    if not alerts:
        return
    items = [_alert_item(row, alert, side) for alert, side in alerts]
    opened = {"open": "open"} if len(items) <= 3 else {}
    yield element(
        "details",
        element("summary", plural(len(items), "alert")),
        element("ol", *items, class_="alerts"),
        **opened,
    )


def _alert_item(row: Row, alert: Alert, side: int) -> Element:
    marks = [element("span", alert.severity, class_=f"severity {alert.severity}")]
    if len(row.tracks) == 2:
        only = is_only_in(alert, row.tracks[1 - side])
        marks.append(element("span", f"{'only ' if only else ''}{SIDES[side]}", class_="side"))
    outcome = alert.outcome or "Open at the end of the input."
    return element("li", *marks, element("span", alert.sentence), element("span", outcome, class_="outcome"))
