"""The instances whose vectors come so slowly that their group's ``interval`` chooses the wrong detectors."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from anomaly_stream.groups.buckets import FILLED, NEVER
from anomaly_stream.groups.detectors.registry import default_of
from anomaly_stream.groups.instance import Instance
from anomaly_stream.model import Series
from anomaly_stream.model.group import GroupConfig

STRETCH = 30
"""The step is the mean over this many closed buckets with values, and the lower one of two such stretches
in a row counts, because one may have a gap."""


class ShortInterval(NamedTuple):
    """An instance whose group has detectors for faster members."""

    group: GroupConfig
    instance: Series
    step_s: float
    """The time from one of its vectors to the next."""


class _Stretch(NamedTuple):
    """Where the present stretch began, and the step of the one before it."""

    bucket: int
    closed: int
    step_s: float


class ShortIntervals:
    """The instances of one partition with a short ``interval``. It is a report and decides nothing."""

    def __init__(self) -> None:
        self._stretches: dict[Series, _Stretch] = {}
        self._by_instance: dict[Series, ShortInterval] = {}

    def look_at(self, instance: Instance, group: GroupConfig) -> None:
        """Compare the step of ``instance`` with the interval of its group."""
        if group.detectors or default_of(group.interval_s) == default_of(inf):
            return
        series, closed = instance.series, instance.buckets_closed
        bucket = int(instance.buckets.head[FILLED])
        began = self._stretches.get(series)
        if bucket == NEVER or began is None or closed < began.closed:
            self.forget(series)
            if bucket != NEVER:
                self._stretches[series] = _Stretch(bucket, closed, 0.0)
            return
        if closed - began.closed < STRETCH:
            return
        step_s = group.interval_s * (bucket - began.bucket) / (closed - began.closed)
        usual_s = min(step_s, began.step_s)
        self._stretches[series] = _Stretch(bucket, closed, step_s)
        if default_of(usual_s) == default_of(group.interval_s):
            self._by_instance.pop(series, None)
        else:
            self._by_instance[series] = ShortInterval(group, series, usual_s)

    def forget(self, instance: Series) -> None:
        """The instance is gone, or begins anew."""
        self._stretches.pop(instance, None)
        self._by_instance.pop(instance, None)

    def clear(self) -> None:
        """The configs changed: instances are looked at again when they change."""
        self._stretches.clear()
        self._by_instance.clear()

    def __iter__(self) -> Iterator[ShortInterval]:
        return iter(self._by_instance.values())
