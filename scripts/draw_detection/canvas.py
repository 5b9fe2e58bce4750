"""The common parts of all pictures: series judged by the engine, panels, bands and scores."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.tails import score_of
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    ObservationColumns,
    Outcome,
    Publish,
    Series,
    SeverityBands,
    Status,
    Transition,
)

LEVELS = ("zscore", "modified_zscore", "iqr")
DAY = 86400.0
BLUE, ORANGE, RED, GREY = "#2f6db3", "#d9822b", "#c0392b", "#8a8f98"
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "anomaly-stream",
    "path.simplify_threshold": 1.0,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e6ea",
    "legend.frameon": False,
    "figure.facecolor": "white",
}


def judged(times: Floats, values: Floats, *detectors: str, **fields: Any) -> Outcome:
    """The engine's verdict on every value of one series."""
    config = AnomalyDetectionConfig(
        id="picture", metric="m", detectors=detectors, publish=Publish.ALL, **fields
    )
    count = len(values)
    bank = Bank(compile_plan([config], SeverityBands()))
    bank.admit([Series.of("m", {})])
    none = np.zeros(count, np.int64)
    taught = np.zeros(count, np.bool_)
    return step(bank.plan, bank, ObservationColumns(none, times, values, taught, none, np.arange(count)))


def scores(outcome: Outcome, detector: str) -> Floats:
    """The score of one detector for every value; 0 if it gave none."""
    p = outcome.detector_p[:, NAMES.index(detector)]
    return np.array([0.0 if np.isnan(x) else score_of(max(1e-300, x)) for x in p])


def minutes(count: int) -> Floats:
    """``count`` times, a minute apart."""
    return 60.0 * np.arange(count, dtype=np.float64)


def every(step_s: float, days: float) -> Floats:
    """Times ``step_s`` seconds apart over ``days`` days, from a Monday, 00:00 UTC."""
    return 4 * DAY + np.arange(0.0, days * DAY, step_s)


def days_of(times: Floats) -> Floats:
    """Days since the first time."""
    days: Floats = (times - times[0]) / DAY
    return days


def panels(rows: int) -> tuple[Figure, list[Axes]]:
    """A figure with ``rows`` stacked panels that share their x axis."""
    figure = Figure(figsize=(7.2, 1.3 + 1.5 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)
    return figure, list(axes[:, 0])


def draw_scores(axis: Axes, x: Floats, named: Mapping[str, Floats]) -> None:
    """Scores over time, with the threshold of an anomaly as a dashed line."""
    for colour, (name, score) in zip((BLUE, ORANGE, RED), named.items(), strict=False):
        axis.plot(x, score, color=colour, lw=1.2, label=name)
    axis.axhline(40.0, color=GREY, lw=0.8, ls="--")
    axis.set_ylim(-3, 105)
    axis.set_ylabel("score")
    axis.legend(loc="upper left", ncols=3)


def draw_band(
    axis: Axes, x: Floats, values: Floats, out: Outcome, shown: slice = slice(None), columns: int = 4
) -> None:
    """Values, expected values, the band and the anomalies, for the range ``shown``.

    An edge that a verdict lacks is left out.
    """
    x, values, expected, status = x[shown], values[shown], out.expected[shown], out.status[shown]
    lower, upper = (np.where(np.abs(edge) < 1e300, edge, np.nan)[shown] for edge in (out.lower, out.upper))
    axis.fill_between(x, lower, upper, color=BLUE, alpha=0.15, lw=0, label="band")
    axis.plot(x, values, color=GREY, lw=0.7, label="value")
    axis.plot(x, expected, color=BLUE, lw=1.2, label="expected")
    found = status == Status.ANOMALY
    axis.plot(x[found], values[found], ".", color=RED, ms=4, label="anomaly")
    axis.legend(loc="upper left", ncols=columns)


def draw_alerts(axis: Axes, x: Floats, out: Outcome, words: Mapping[Transition, str]) -> None:
    """Vertical lines where an alert opened or ended, each with a label."""
    bottom = axis.get_ylim()[0]
    for transition, word in words.items():
        for at in x[out.transition == transition].tolist():
            axis.axvline(at, ymax=0.85, color=RED, lw=0.8)
            axis.annotate(word, (at, bottom), (3, 10), textcoords="offset points", color=RED)
