"""A suite of synthetic series: kinds with anomalies that operators encounter, and kinds without any.

It was written before any detector was run on it, and is not fitted to one. It is scored with NAB's formula:
each event has a window around it; on files without events, every detection is a false alarm.
"""

from functools import cache

from benchmarks.quality.series import LabelledSeries
from benchmarks.quality.synthetic import clean, counts, levels, sampling, seasons
from benchmarks.quality.synthetic.draft import KINDS, series_of

SEEDS = 3
__all__ = ["KINDS", "SEEDS", "clean", "counts", "levels", "sampling", "seasons", "series_of", "suite"]


@cache
def suite(seeds: int = SEEDS) -> tuple[LabelledSeries, ...]:
    """Every kind with ``seeds`` seeds."""
    return tuple(series_of(name, seed) for name in KINDS for seed in range(seeds))
