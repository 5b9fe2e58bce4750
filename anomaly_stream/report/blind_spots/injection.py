"""The recent past of a series, and changes that are added to it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from anomaly_stream.kernels.arrays import Floats

_NORMAL_MAD = 0.6745
"""Median absolute deviation of a normal distribution of standard deviation 1."""
_FLOOR = 1e-3
"""The unit of sizes for a series that never changes, relative to its level."""


class Kind(StrEnum):
    """A change of a series."""

    SPIKE = "spike"
    """One value."""
    SHIFT = "level shift"
    """All values, equally."""
    DRIFT = "drift"
    """All values, rising evenly from 0 to the size of the change at the last one."""


def shape_of(kind: Kind, count: int) -> Floats:
    """A change of size 1 over ``count`` values."""
    shape = np.ones(count)
    if kind is Kind.SPIKE:
        shape[1:] = 0.0
    elif kind is Kind.DRIFT:
        shape = np.arange(1, count + 1) / count
    return shape


@dataclass(frozen=True, slots=True)
class Past:
    """The values of one series in order of time.

    Of a counter, values are totals. Changes are then changes of the increase per second.
    """

    times: Floats
    values: Floats
    is_counter: bool

    def __len__(self) -> int:
        return len(self.values)

    @property
    def step_s(self) -> float:
        """The median time between two values."""
        return float(np.median(np.diff(self.times)))

    def judged(self) -> Floats:
        """The values that are judged: of a counter, its increases per second without restarts."""
        if not self.is_counter:
            return self.values
        increases = np.diff(self.values) / np.diff(self.times)
        return increases[increases >= 0.0]

    def noise(self) -> float:
        """A robust standard deviation of the noise: of differences of neighbours, divided by sqrt(2).

        If most values equal the one before, the plain standard deviation of the differences takes its place.
        If all are equal, it is a thousandth of them.
        """
        judged = self.judged()
        if len(judged) < 2:
            return _FLOOR
        steps = np.diff(judged)
        noise = float(np.median(np.abs(steps))) / _NORMAL_MAD / np.sqrt(2.0)
        noise = noise or float(steps.std()) / np.sqrt(2.0)
        return float(noise or _FLOOR * abs(float(judged[0])) or _FLOOR)

    @property
    def is_constant(self) -> bool:
        """Whether all values that are judged are equal."""
        judged = self.judged()
        return len(judged) == 0 or float(judged.min()) == float(judged.max())

    def has_restart(self, first: int, count: int) -> bool:
        """Whether a counter falls within ``count`` values from ``first``."""
        return self.is_counter and bool((np.diff(self.values[first - 1 : first + count]) < 0.0).any())

    def changed(self, first: int, changes: Floats) -> Floats:
        """The values from ``first`` on with ``changes`` [copies, count] added: [copies, count].

        A series that was never negative does not become negative, and a total does not fall.
        """
        count = changes.shape[1]
        values = self.values[first : first + count]
        if not self.is_counter:
            lowest = 0.0 if self.values.min() >= 0.0 else -np.inf
            return np.maximum(values + changes, np.minimum(values, lowest))
        waits = np.diff(self.times[first - 1 : first + count])
        increases = np.diff(self.values[first - 1 : first + count])
        added = np.maximum(changes * waits, -increases)
        return np.asarray(values + np.cumsum(added, axis=1), np.float64)
