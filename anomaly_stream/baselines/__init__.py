"""Baselines: what a series normally does. The rolling window, and the seasons taken out of its values.

A season says by time how values are moved before they enter the window and are judged there (``seasons``);
expected value and band are moved back. To add one: its file, its entry in ``REGISTRY``, its lines in
``seasons``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anomaly_stream.model import AnomalyDetectionConfig


@dataclass(frozen=True, slots=True)
class Season:
    """An entry of the registry."""

    name: str
    """``AnomalyDetectionConfig.seasonality``."""
    number: int
    """In a compiled config; never given twice."""
    doc: str
    """One line for people."""
    words: int | Callable[[AnomalyDetectionConfig], int] = 0
    """Words of memory (float64) that its profile has in each row. All zeros must mean fresh."""
    parameters: Callable[[AnomalyDetectionConfig], Sequence[float]] = lambda config: ()
    """What its kernels are to know of the config, beside the memory of each row."""
    shape: Callable[[AnomalyDetectionConfig], str] = lambda config: ""
    """What a profile depends on but for the number of its words: baselines restart where this changes."""

    def words_for(self, config: AnomalyDetectionConfig) -> int:
        """Words of memory that it has in a row of ``config``."""
        return self.words if isinstance(self.words, int) else self.words(config)


NONE = 0

REGISTRY: dict[str, Season] = {
    "none": Season("none", NONE, "Values as they are."),
}
"""By name."""
