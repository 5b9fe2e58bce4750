"""The confidence interval of a share."""

import math

_Z = 1.959963984540054
"""Quantile of the normal distribution for an interval of 95 %."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The interval of 95 % for a share of ``hits`` in ``count``, by Wilson (1927, JASA 22, 209-212)."""
    share, spread = hits / count, _Z * _Z / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return (centre - half if hits else 0.0), (centre + half if hits < count else 1.0)
