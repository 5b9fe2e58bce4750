"""Draw the pictures of the README and the docs: simulated series as the engine judges them.

``python -m scripts.draw_detection [DIR]`` writes one SVG per picture to DIR, by default ``docs/pictures``.
It needs the extra ``docs``.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from scripts.draw_detection import baselines, detectors, models, overview
from scripts.draw_detection.canvas import STYLE

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"

DRAWINGS: dict[str, Callable[[], Figure]] = {
    drawing.__name__: drawing
    for drawing in (
        overview.alert,
        models.auto,
        baselines.rolling,
        baselines.counter,
        baselines.season_daily,
        baselines.season_found,
        baselines.season_holiday,
        baselines.trend,
        baselines.level_shift,
        baselines.intermittent,
        detectors.levels,
        detectors.spot,
        detectors.charts,
        detectors.flat_line,
        detectors.missing_data,
        detectors.rate_of_change,
    )
}
"""Every drawing by the name of its file."""


def draw(folder: Path) -> None:
    """Write every picture into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, drawing in DRAWINGS.items():
            drawing().savefig(folder / f"{name}.svg", metadata={"Date": None})
