"""The picture at the top of the README: one alert on one series."""

from random import Random

import numpy as np
from matplotlib.figure import Figure

from anomaly_stream.model import Transition
from scripts.draw_detection.canvas import GREY, RED, days_of, draw_band, draw_scores, every, judged, panels


def alert() -> Figure:
    """The series of docs/tutorial.md: orders per hour; on the last day but one most fail for five hours."""
    times = every(3600.0, 28.0)
    usual = 120.0 - 80.0 * np.cos(2 * np.pi * days_of(times))
    random = Random(1)
    values = np.array([float(round(random.gauss(mean, mean**0.5))) for mean in usual.tolist()])
    outage = slice(26 * 24 + 10, 26 * 24 + 15)
    values[outage] = np.round(0.15 * usual[outage])
    out = judged(times, values, "auto")
    day = days_of(times)
    shown = slice(23 * 24, None)
    figure, (top, bottom) = panels(2)
    draw_band(top, day, values, out, shown)
    top.set_ylim(-5, 340)
    top.set_ylabel("orders per hour")
    draw_scores(bottom, day[shown], {"score": out.score[shown]})
    bottom.axhline(60.0, color=RED, lw=0.8, ls="--")
    for height, colour, text in ((40.0, GREY, "anomaly from 40"), (60.0, RED, "alert from 60")):
        bottom.annotate(text, (day[shown][0], height), (3, 2), textcoords="offset points", color=colour)
    opened, ended = (day[out.transition == what] for what in (Transition.FIRING, Transition.RESOLVED))
    for begin, end in zip(opened.tolist(), ended.tolist(), strict=True):
        for axis in (top, bottom):
            axis.axvspan(begin, end, color=RED, alpha=0.08, lw=0)
        top.annotate("firing", (begin, 5.0), (-4, 0), textcoords="offset points", color=RED, ha="right")
        top.annotate("resolved", (end, 5.0), (4, 0), textcoords="offset points", color=RED)
    bottom.set_xlabel("days since the first observation")
    return figure
