"""A small picture of a series around an alert, for receivers that take images."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import clock
from anomaly_stream.kernels.arrays import Floats

_WIDTH, _HEIGHT = 480, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 420, 26, 154
_FINER = 2  # drawn at this scale and then reduced, which smooths the lines
_PAPER, _INK, _GREY = "#ffffff", "#1f2937", "#6b7280"
_ALERT, _BAND = "#fecaca", "#93c5fd"
_BAND_WIDTH = 24
_FONT_SIZE = 11
_COLOURS = 64


@dataclass(frozen=True, slots=True)
class Chart:
    """What a picture shows.

    Attributes:
        title: name of the series.
        times: seconds since the epoch, ascending; shape (time,), at least one.
        values: the observations; shape (time,).
        start: time of the first anomaly of the alert.
        end: time of its last anomaly.
        lower: lower edge of the normal range at the last value; None if there is none.
        upper: upper edge of the normal range at the last value; None if there is none.
    """

    title: str
    times: Floats
    values: Floats
    start: float
    end: float
    lower: float | None
    upper: float | None


def draw_png(chart: Chart) -> bytes:
    """The chart as a PNG of 480 by 180 pixels; the same chart gives the same bytes.

    The interval of the alert is red, and the normal range at its end blue.
    """
    image = Image.new("RGB", (_WIDTH * _FINER, _HEIGHT * _FINER), _PAPER)
    drawing = ImageDraw.Draw(image)
    edges = [edge for edge in (chart.lower, chart.upper) if edge is not None]
    shown = np.concatenate([chart.values, edges])
    lowest, highest = float(shown.min()), float(shown.max())
    x = _pixels(chart.times, chart.times[0], chart.times[-1], _LEFT, _RIGHT)
    top, bottom = _TOP * _FINER, _BOTTOM * _FINER
    alert = x[(chart.times >= chart.start) & (chart.times <= chart.end)]
    if len(alert):
        drawing.rectangle((alert[0] - _FINER, top, alert[-1] + _FINER, bottom), fill=_ALERT)
    if edges:
        given = np.array(
            [lowest if chart.lower is None else chart.lower, highest if chart.upper is None else chart.upper]
        )
        low, high = _pixels(given, lowest, highest, _BOTTOM, _TOP)
        drawing.rectangle((x[-1] - _BAND_WIDTH * _FINER, high, x[-1] + _FINER, low), fill=_BAND)
    y = _pixels(chart.values, lowest, highest, _BOTTOM, _TOP)
    drawing.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=_INK, width=_FINER, joint="curve")
    _write(drawing, chart, lowest, highest)
    written = io.BytesIO()
    image.resize((_WIDTH, _HEIGHT), Image.Resampling.BOX).quantize(_COLOURS).save(
        written, "PNG", optimize=True
    )
    return written.getvalue()


def _write(drawing: ImageDraw.ImageDraw, chart: Chart, lowest: float, highest: float) -> None:
    """Title, lowest and highest value, first and last time."""
    font = ImageFont.load_default(_FONT_SIZE * _FINER)
    rounding = Rounding.of(lowest, highest)
    texts = (
        (_LEFT, 6, "la", chart.title, _INK),
        (_RIGHT + 6, _TOP, "lm", rounding.text(highest), _GREY),
        (_RIGHT + 6, _BOTTOM, "lm", rounding.text(lowest), _GREY),
        (_LEFT, _BOTTOM + 8, "la", clock(chart.times[0]), _GREY),
        (_RIGHT, _BOTTOM + 8, "ra", clock(chart.times[-1]), _GREY),
    )
    for x, y, anchor, text, colour in texts:
        drawing.text((x * _FINER, y * _FINER), text, fill=colour, font=font, anchor=anchor)


def _pixels(values: Floats, least: float, most: float, at_least: int, at_most: int) -> Floats:
    """Positions of values, from that of the least to that of the most; in the middle if these are equal."""
    share = (values - least) / (most - least) if most > least else np.full(values.shape, 0.5)
    return _FINER * (at_least + (at_most - at_least) * share)
