"""The picture of the default model."""

import numpy as np
from matplotlib.figure import Figure

from anomaly_stream.model import Transition
from scripts.draw_detection.canvas import (
    days_of,
    draw_alerts,
    draw_band,
    draw_scores,
    every,
    judged,
    panels,
)


def auto() -> Figure:
    """A usual value at an unusual time, repeated spikes, and an outage."""
    times = every(3600.0, 12.0)
    day = days_of(times)
    values = 100.0 - 20.0 * np.cos(2 * np.pi * day) + np.random.default_rng(21).normal(0.0, 1.5, len(times))
    values[6 * 24] = 118.0
    for spike in (7.5, 8.5, 9.5):
        values[int(spike * 24)] = 160.0
    values[259:263] = 20.0
    out = judged(times, values, "auto")
    shown = slice(5 * 24, None)
    figure, (top, bottom) = panels(2)
    draw_band(top, day, values, out, shown)
    top.set_ylim(5, 215)
    draw_scores(bottom, day[shown], {"score": out.score[shown], "alert score": out.alert_score[shown]})
    draw_alerts(bottom, day, out, {Transition.FIRING: "firing"})
    bottom.set_xlabel("days; a noon value at midnight, the same spike three times, an outage of four hours")
    return figure
