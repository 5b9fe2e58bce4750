"""What a picture shows, read from its pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from anomaly_stream.notify.chart import Chart, draw_png

TIMES = 1_780_000_000.0 + 60.0 * np.arange(101)
STEP = np.where(np.arange(101) < 80, 10.0, 20.0)
RED, BLUE, WHITE = (254, 202, 202), (147, 197, 253), (255, 255, 255)
PLOT_TOP, PLOT_BOTTOM = 26, 154


def pixels(chart: Chart) -> np.ndarray:
    image = Image.open(io.BytesIO(draw_png(chart)))
    assert (image.format, image.size) == ("PNG", (480, 180))
    return np.asarray(image.convert("RGB")).astype(int)


def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel - colour).max() < 12)


def x_of(point: int) -> int:
    return 12 + round(408 * point / 100)


def chart(lower: float | None = 8.0, upper: float | None = 12.0) -> Chart:
    return Chart("cpu_load{host=web-1}", TIMES, STEP, TIMES[80], TIMES[100], lower, upper)


def test_the_line_follows_the_values() -> None:
    dark = pixels(chart(None, None)).max(axis=2) < 120
    assert dark[PLOT_BOTTOM - 1 : PLOT_BOTTOM + 1, x_of(40)].any()
    assert not dark[PLOT_TOP : PLOT_BOTTOM - 5, x_of(40)].any()
    assert dark[PLOT_TOP - 1 : PLOT_TOP + 2, x_of(90)].any()
    assert not dark[PLOT_TOP + 5 : PLOT_BOTTOM, x_of(90)].any()


def test_the_alert_is_red_and_the_normal_range_at_its_end_blue() -> None:
    found = pixels(chart())
    middle = (PLOT_TOP + PLOT_BOTTOM) // 2
    assert near(found[middle, x_of(70)], WHITE)
    assert near(found[middle, x_of(85)], RED)
    column = found[:, x_of(100) - 5]
    in_band = [y for y in range(180) if near(column[y], BLUE)]
    height = PLOT_BOTTOM - PLOT_TOP  # from 8 to 20
    assert in_band[0] == pytest.approx(PLOT_BOTTOM - height * 4 / 12, abs=2)
    assert in_band[-1] == pytest.approx(PLOT_BOTTOM, abs=2)


@pytest.mark.parametrize(("lower", "upper"), [(None, 12.0), (8.0, None), (None, None)])
def test_a_range_with_one_edge_or_none(lower: float | None, upper: float | None) -> None:
    blue = np.abs(pixels(chart(lower, upper)) - BLUE).max(axis=2) < 12
    assert blue.any() == (lower is not None or upper is not None)


@pytest.mark.parametrize("count", [1, 2])
def test_short_and_constant_series_can_be_drawn(count: int) -> None:
    values = np.full(count, 5.0)
    found = pixels(Chart("m", TIMES[:count], values, TIMES[0], TIMES[0], None, None))
    assert (found.max(axis=2) < 120).any()


def test_the_same_chart_gives_the_same_small_file() -> None:
    assert draw_png(chart()) == draw_png(chart())
    assert len(draw_png(chart())) < 8_000
