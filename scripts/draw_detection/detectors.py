"""Pictures of the detectors that judge a value against a window."""

import numpy as np
from matplotlib.figure import Figure

from anomaly_stream.kernels.arrays import Floats
from scripts.draw_detection.canvas import (
    BLUE,
    GREY,
    LEVELS,
    ORANGE,
    RED,
    draw_scores,
    judged,
    minutes,
    panels,
    scores,
)


def levels() -> Figure:
    """Scores by distance, after 200 normal values."""
    figure, (axis,) = panels(1)
    past = np.random.default_rng(2).normal(size=200)
    reach = np.linspace(-7.0, 7.0, 141)
    found = [judged(minutes(201), np.append(past, x), *LEVELS) for x in reach.tolist()]
    for colour, name in zip((BLUE, ORANGE, RED), LEVELS, strict=True):
        axis.plot(reach, [scores(out, name)[-1] for out in found], color=colour, lw=1, label=name)
    axis.plot(reach, [out.score[-1] for out in found], color="black", lw=1.6, label="together")
    axis.axhline(40.0, color=GREY, lw=0.8, ls="--")
    axis.set_xlabel("standard deviations from the mean of 200 normal values")
    axis.set_ylabel("score")
    axis.legend(loc="upper center", ncols=2)
    return figure


def spot() -> Figure:
    """Share of lognormal values that reach a score."""
    values = np.exp(np.random.default_rng(3).normal(size=60_000))
    times = minutes(len(values))
    figure, (axis,) = panels(1)
    marks = np.arange(5.0, 56.0, 2.5)
    axis.plot(marks, 10 ** (-marks / 10), color="black", lw=1, ls="--", label="promised")
    for colour, name in ((ORANGE, "modified_zscore"), (BLUE, "spot")):
        found = scores(judged(times, values, *dict.fromkeys(("modified_zscore", name))), name)[2000:]
        shares = np.array([(found >= mark).mean() for mark in marks])
        axis.plot(marks[shares > 0], shares[shares > 0], ".-", color=colour, lw=1.2, label=name)
    axis.set_yscale("log")
    axis.set_xlabel("score, on 60,000 lognormal values")
    axis.set_ylabel("share of values over it")
    axis.legend(loc="lower left")
    return figure


def charts() -> Figure:
    """A shift by one standard deviation."""
    values = np.random.default_rng(5).normal(size=1100)
    values[800:] += 1.0
    out = judged(minutes(1100), values, "zscore", "ewma", "cusum")
    shown = slice(650, 1100)
    x = np.arange(1100.0)[shown]
    figure, (top, bottom) = panels(2)
    top.plot(x, values[shown], color=GREY, lw=0.7)
    top.plot(x, np.where(x < 800, 0.0, 1.0), color="black", lw=1, label="true mean")
    top.legend(loc="upper left")
    draw_scores(bottom, x, {name: scores(out, name)[shown] for name in ("ewma", "cusum", "zscore")})
    bottom.set_xlabel("value number; from 800 the mean is one standard deviation higher")
    return figure


def flat_line() -> Figure:
    """A sensor that freezes."""
    values = np.round(np.random.default_rng(6).normal(20.0, 2.0, size=1100), 1)
    values[1020:1060] = values[1020]
    return _beside_zscore(values, "flat_line", 940, "frozen from 1020 to 1060, within its range")


def missing_data() -> Figure:
    """The same gaps in a regular and an irregular series."""
    random = np.random.default_rng(7)
    figure, axes = panels(2)
    for axis, name, gaps in (
        (axes[0], "regular", np.full(3000, 60.0)),
        (axes[1], "at random", random.exponential(60.0, size=3000) + 0.1),
    ):
        for number, missing in ((2880, 2), (2920, 5), (2960, 12)):
            gaps[number] = 60.0 * (missing + 1)
        times = np.cumsum(gaps)
        out = judged(times, random.normal(size=3000), *LEVELS, "missing_data")
        shown = slice(2850, 3000)
        x = (times[shown] - times[2850]) / 60.0
        ticks = np.column_stack((x, x, np.full_like(x, np.nan))).ravel()
        axis.plot(ticks, np.tile([-12.0, -4.0, np.nan], len(x)), color=GREY, lw=0.5)
        axis.plot(x, scores(out, "missing_data")[shown], color=BLUE, lw=1.2, label=name)
        axis.axhline(40.0, color=GREY, lw=0.8, ls="--")
        axis.set_ylim(-14, 105)
        axis.set_ylabel("score")
        axis.legend(loc="upper left")
    axes[1].set_xlabel("minutes; ticks are observations, with gaps of 3, 6 and 13 minutes")
    return figure


def rate_of_change() -> Figure:
    """A large drift and a small jump."""
    values = np.cumsum(np.random.default_rng(8).normal(0.0, 0.3, size=900))
    values[700:] += 0.05 * np.arange(200)
    values[820] += 6.0
    return _beside_zscore(values, "rate_of_change", 600, "a drift from 700, a jump and return at 820")


def _beside_zscore(values: Floats, name: str, first: int, remark: str) -> Figure:
    """Values from number ``first`` on, with the scores of a detector and of z-score."""
    out = judged(minutes(len(values)), values, *LEVELS, name)
    x = np.arange(float(len(values)))[first:]
    figure, (top, bottom) = panels(2)
    top.plot(x, values[first:], color=GREY, lw=1)
    draw_scores(bottom, x, {each: scores(out, each)[first:] for each in (name, "zscore")})
    bottom.set_xlabel(f"value number; {remark}")
    return figure
