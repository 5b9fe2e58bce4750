"""What a series normally does, as detectors see it."""

from typing import NamedTuple


class Baseline(NamedTuple):
    """Robust and plain statistics of the window before the value enters it. In the units of the metric.

    A NamedTuple of floats, so that kernels take it as it is.
    """

    count: float  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    """Points in the window, at least 2."""
    mean: float
    sd: float
    """Sample standard deviation (n - 1), never 0: a floor stands in for that of a constant window."""
    median: float
    mad: float
    """Median of the absolute deviations from the median; may be 0."""
    lower_quartile: float
    upper_quartile: float
