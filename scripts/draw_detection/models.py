"""Pictures of the models."""

import numpy as np
from matplotlib.figure import Figure

from anomaly_stream.model import Transition
from scripts.draw_detection.canvas import (
    GREY,
    days_of,
    draw_alerts,
    draw_band,
    draw_scores,
    every,
    judged,
    minutes,
    panels,
)


def auto() -> Figure:
    """A usual value at an unusual time, repeated spikes, and an outage."""
    times = every(1800.0, 12.0)
    day = days_of(times)
    values = 100.0 - 20.0 * np.cos(2 * np.pi * day) + np.random.default_rng(21).normal(0.0, 1.5, len(times))
    values[6 * 48] = 118.0
    for spike in (7.5, 8.5, 9.5):
        values[int(spike * 48)] = 160.0
    values[518:526] = 20.0
    out = judged(times, values, "auto")
    shown = slice(5 * 48, None)
    figure, (top, bottom) = panels(2)
    draw_band(top, day, values, out, shown)
    top.set_ylim(5, 215)
    draw_scores(bottom, day[shown], {"score": out.score[shown], "alert score": out.alert_score[shown]})
    draw_alerts(bottom, day, out, {Transition.FIRING: "firing"})
    bottom.set_xlabel("days; a noon value at midnight, the same spike three times, an outage of four hours")
    return figure


def surprise() -> Figure:
    """Scores of values between and beyond two levels."""
    random = np.random.default_rng(22)
    past = np.where(np.arange(600) % 40 == 10, 60.0, 20.0) + random.normal(0.0, 1.0, size=600)
    reach = np.linspace(0.0, 90.0, 181)
    figure, (axis,) = panels(1)
    named = {}
    for name in ("surprise", "zscore"):
        found = [judged(minutes(601), np.append(past, x), name) for x in reach.tolist()]
        named[name] = np.array([out.score[-1] for out in found])
    draw_scores(axis, reach, named)
    axis.set_xlabel("the next value; ticks are values seen before, at two levels")
    known = np.unique(np.round(past, 1))
    ticks = np.column_stack((known, known, np.full_like(known, np.nan))).ravel()
    axis.plot(ticks, np.tile([-9.0, -3.0, np.nan], len(known)), color=GREY, lw=0.5)
    axis.set_ylim(-10, 119)
    return figure


def residual() -> Figure:
    """An hour on a Sunday that is as busy as a weekday, and three on a Wednesday that are nearly empty."""
    times = every(3600.0, 42.0)
    day = days_of(times)
    size = np.where(np.floor(day) % 7 < 5, 400.0, 120.0)
    values = (
        np.random.default_rng(23).poisson(size * (1.0 - 0.6 * np.cos(2 * np.pi * day))).astype(np.float64)
    )
    values[34 * 24 + 14] = 600.0
    values[37 * 24 + 10 : 37 * 24 + 13] = 20.0
    out = judged(times, values, "residual")
    beside = judged(times, values, "zscore")
    shown = slice(32 * 24, 40 * 24)
    figure, (top, bottom) = panels(2)
    draw_band(top, day, values, out, shown)
    top.set_ylim(-30, 1280)
    draw_scores(bottom, day[shown], {"residual": out.score[shown], "zscore": beside.score[shown]})
    bottom.set_xlabel(
        "days from a Friday; one hour on Sunday as busy as on weekdays, then three nearly empty hours"
    )
    return figure
