"""A suite of synthetic series: the kinds of anomaly that operators meet, and kinds in which nothing happens.

Written before any detector was run on it, and not fitted to one. Scored with NAB's formula: a window lies
about each event; files without one can only cost false alarms.
"""

from functools import cache

from benchmarks.quality.series import LabelledSeries
from benchmarks.quality.synthetic import clean, counts, levels, sampling, seasons
from benchmarks.quality.synthetic.draft import KINDS, series_of

SEEDS = 3
__all__ = ["KINDS", "SEEDS", "clean", "counts", "levels", "sampling", "seasons", "series_of", "suite"]


@cache
def suite(seeds: int = SEEDS) -> tuple[LabelledSeries, ...]:
    """Every kind, ``seeds`` times."""
    return tuple(series_of(name, seed) for name in KINDS for seed in range(seeds))
