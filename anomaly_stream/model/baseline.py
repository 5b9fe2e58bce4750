"""The baseline of a series: what is normal, as detectors see it."""

from typing import NamedTuple


class Baseline(NamedTuple):
    """Robust and plain statistics of the window before the value enters it, in the units of the metric.

    A NamedTuple of floats, which kernels can pass around.
    """

    count: float  # type: ignore[assignment]  # hides tuple.count
    """Points in the window, at least 2."""
    mean: float
    sd: float
    """Sample standard deviation (n - 1), with a small floor, so that it is never 0."""
    median: float
    mad: float
    """Median of the absolute deviations from the median; may be 0."""
    lower_quartile: float
    upper_quartile: float
