"""Alerts per day, from the counts of several partitions."""

from collections.abc import Iterable

_DAY_S = 86_400.0
LEAST_COVERED_S = 3_600.0
"""Alerts per day are stated once every count covers this long."""


def alerts_per_day(counts: Iterable[tuple[int, float]]) -> float | None:
    """The alerts per day of event time, summed over partitions.

    ``counts`` has, for each partition with series of a config, the alerts, and the seconds that they
    cover: 0 where nothing came, which is left out. None if one covers less than ``LEAST_COVERED_S``, or if
    nothing came anywhere.
    """
    counts = [(alerts, covered_s) for alerts, covered_s in counts if covered_s > 0.0]
    if min((covered_s for _, covered_s in counts), default=0.0) < LEAST_COVERED_S:
        return None
    return round(sum(alerts * _DAY_S / covered_s for alerts, covered_s in counts), 2)
