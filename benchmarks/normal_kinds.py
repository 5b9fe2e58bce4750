"""Kinds of series in normal times: no faults, so every alert is a false alarm.

Each function draws ``count`` series: ``(random, times, count) -> values``, of shape (times, series).
"""

from collections.abc import Callable, Mapping

import numpy as np

from anomaly_stream.kernels.arrays import Floats

Random = np.random.Generator
Kind = Callable[[Random, Floats, int], Floats]
DAY_S = 86_400.0


def white(random: Random, times: Floats, count: int) -> Floats:
    """Normal noise."""
    return random.normal(size=(len(times), count))


def autocorrelated(random: Random, times: Floats, count: int) -> Floats:
    """AR(1) with coefficient 0.9."""
    return _filtered(random.normal(size=(len(times), count)), 0.9)


def laplace(random: Random, times: Floats, count: int) -> Floats:
    """Laplace noise: tails heavier than normal ones."""
    return random.laplace(size=(len(times), count))


def heavy_tailed(random: Random, times: Floats, count: int) -> Floats:
    """Latencies: log-normal, with a sigma of 0.6."""
    values: Floats = np.exp(0.6 * random.normal(size=(len(times), count)))
    return values


def counts(random: Random, times: Floats, count: int) -> Floats:
    """Counts per interval: Poisson with a mean of 6."""
    return random.poisson(6.0, size=(len(times), count)).astype(np.float64)


def daily(random: Random, times: Floats, count: int) -> Floats:
    """A daily wave of four times the noise."""
    return _wave(times) + white(random, times, count)


def weekly(random: Random, times: Floats, count: int) -> Floats:
    """A daily wave on working days, a quarter of it on Saturdays and Sundays."""
    height: Floats = np.where((times // DAY_S + 3) % 7 < 5, 1.0, 0.25)[:, None]
    return _wave(times) * height + white(random, times, count)


def trend(random: Random, times: Floats, count: int) -> Floats:
    """A rise by half of the noise per day."""
    level: Floats = 0.5 * ((times - times[0]) / DAY_S)[:, None]
    return level + white(random, times, count)


def level_dependent(random: Random, times: Floats, count: int) -> Floats:
    """A daily wave between 2 and 18, with noise of a fifth of its level."""
    level = 10.0 + 2.0 * _wave(times)
    values: Floats = level * (1.0 + 0.2 * white(random, times, count))
    return values


STATIONARY: Mapping[str, Kind] = {
    "white": white,
    "autocorrelated": autocorrelated,
    "Laplace": laplace,
    "heavy-tailed": heavy_tailed,
    "counts": counts,
    "daily": daily,
    "weekly": weekly,
    "trend": trend,
}


def _wave(times: Floats) -> Floats:
    wave: Floats = 4.0 * np.sin(2 * np.pi * times / DAY_S)[:, None]
    return wave


def _filtered(shocks: Floats, coefficient: float) -> Floats:
    """Stationary AR(1) processes of variance 1, in place of the shocks."""
    shocks[1:] *= np.sqrt(1.0 - coefficient**2)
    for row in range(1, len(shocks)):
        shocks[row] += coefficient * shocks[row - 1]
    return shocks
