"""Pictures of the rolling baseline, counters, seasons, trends and level shifts."""

import numpy as np
from matplotlib.figure import Figure

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import MetricType, Outcome, Transition
from anomaly_stream.model.config import SpecialDays
from scripts.draw_detection.canvas import (
    DAY,
    GREY,
    LEVELS,
    ORANGE,
    days_of,
    draw_alerts,
    draw_band,
    every,
    judged,
    minutes,
    panels,
)


def _band_alone(
    x: Floats, values: Floats, out: Outcome, span: tuple[float, float], text: str, shown: slice = slice(None)
) -> Figure:
    """One panel: values and band within ``span``, with ``text`` below."""
    figure, (axis,) = panels(1)
    draw_band(axis, x, values, out, shown)
    axis.set_ylim(*span)
    axis.set_xlabel(text)
    return figure


def rolling() -> Figure:
    """A spike, and a level shift that is learned."""
    random = np.random.default_rng(1)
    values = random.normal(100.0, 5.0, size=420)
    values[150] += 50.0
    values[230:] += 45.0
    out = judged(minutes(420), values, *LEVELS, baseline_period_s=7200.0, relearn_after=60)
    text = "minutes; the baseline is two hours long: a new level is learned as the old one leaves"
    return _band_alone(np.arange(420.0), values, out, (60, 190), text)


def counter() -> Figure:
    """A total that restarts twice, and rises too fast once."""
    rates = np.random.default_rng(10).normal(50.0, 4.0, size=300)
    rates[230:236] += 40.0
    total = np.cumsum(60.0 * rates)
    for reset in (110, 180):
        total[reset:] -= total[reset - 1]
    out = judged(minutes(300), total, *LEVELS, metric_type=MetricType.COUNTER)
    figure, (top, bottom) = panels(2)
    x = np.arange(300.0)
    top.plot(x, total / 1000.0, color=GREY, lw=1)
    top.set_ylabel("total, thousands")
    draw_band(bottom, x, out.value, out, slice(1, None))
    bottom.set_ylabel("per second")
    bottom.set_ylim(20, 140)
    bottom.set_xlabel("minutes; the process restarts at 110 and 180, and counts too fast from 230 to 236")
    return figure


def season_daily() -> Figure:
    """A daily season that is learned; then a usual value at an unusual time."""
    times = every(900.0, 6.0)
    day = days_of(times)
    values = 100.0 - 20.0 * np.cos(2 * np.pi * day) + np.random.default_rng(11).normal(0.0, 1.5, len(times))
    values[5 * 96] = 120.0
    out = judged(times, values, *LEVELS, seasonality=("detect",))
    text = "days, four values per hour; the value at the last midnight is as high as at noon"
    return _band_alone(day, values, out, (55, 175), text)


def season_found() -> Figure:
    """A period of 37 minutes, which no calendar has."""
    x = np.arange(400.0)
    wave = 20.0 * np.sin(2 * np.pi * x / 37.0)
    values = 70.0 + wave + np.random.default_rng(15).normal(0.0, 1.5, len(x))
    out = judged(minutes(400), values, *LEVELS, seasonality=("detect",))
    return _band_alone(x, values, out, (10, 155), "minutes, with a value each; the wave is 37 long")


def season_holiday() -> Figure:
    """Three holidays in six weeks."""
    times = every(3600.0, 42.0)
    day = days_of(times)
    number = np.floor(day)
    busy = np.exp(-0.5 * ((24.0 * (day - number) - 13.0) / 4.0) ** 2)
    size = np.where(number % 7 < 5, 100.0, 45.0)
    holidays = (16, 30, 38)
    size[np.isin(number, holidays)] = 20.0
    values = 20.0 + size * busy + np.random.default_rng(12).normal(0.0, 2.0, len(times))
    first = round(float(times[0]) / DAY)
    special = SpecialDays(dates=tuple((first + day, first + day) for day in holidays))
    fields = {"seasonality": ("weekly",), "holidays": special, "baseline_period_s": 28 * DAY}
    out = judged(times, values, *LEVELS, **fields)
    figure, (axis,) = panels(1)
    for holiday in holidays:
        axis.axvspan(holiday, holiday + 1, color=ORANGE, alpha=0.2, lw=0)
    draw_band(axis, day, values, out, slice(15 * 24, None))
    axis.set_xlim(15, 42)
    axis.set_xticks(range(21, 43, 7))
    axis.set_ylim(-10, 185)
    axis.set_xlabel("days from a Monday, one value per hour; holidays are orange")
    return figure


def trend() -> Figure:
    """A gap of two days in a trend with a daily season."""
    times = every(300.0, 11.0)
    day = days_of(times)
    values = 100.0 + 3.0 * day - 10.0 * np.cos(2 * np.pi * day)
    values += np.random.default_rng(13).normal(0.0, 1.0, len(times))
    kept = (day < 6.0) | (day >= 8.0)
    out = judged(times[kept], values[kept], *LEVELS, seasonality=("detect",))
    text = "days, one value every five minutes; none on days 6 and 7"
    return _band_alone(day[kept], values[kept], out, (65, 165), text, slice(None, None, 6))


def level_shift() -> Figure:
    """A level shift that lasts."""
    values = np.random.default_rng(14).normal(100.0, 5.0, size=480)
    values[200:] += 40.0
    out = judged(minutes(480), values, *LEVELS, baseline_period_s=4 * 3600.0, relearn_after=60)
    figure, (axis,) = panels(1)
    x = np.arange(480.0)
    for begin in (0, *np.flatnonzero(out.transition == Transition.RESOLVED).tolist()):
        axis.axvspan(begin, begin + 30, color=GREY, alpha=0.2, lw=0)
    draw_band(axis, x, values, out)
    axis.set_ylim(50, 195)
    draw_alerts(axis, x, out, {Transition.FIRING: "firing", Transition.RESOLVED: "resolved"})
    axis.set_xlabel("minutes; the level rises at 200; the 30 values in grey are learned and not scored")
    return figure


def intermittent() -> Figure:
    """An intermittent pattern after long zeros."""
    values = np.zeros(760)
    values[303::4] = 5.0
    out = judged(minutes(760), values, *LEVELS, relearn_after=60)
    figure, (axis,) = panels(1)
    x = np.arange(760.0)
    draw_band(axis, x, values, out, slice(270, None))
    axis.set_ylim(-4.5, 8.5)
    draw_alerts(axis, x, out, {Transition.FIRING: "firing", Transition.RESOLVED: "resolved"})
    axis.set_xlabel("value number; zeros, and from 303 every fourth value is 5")
    return figure
