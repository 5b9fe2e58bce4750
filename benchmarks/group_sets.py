"""Synthetic groups: quiet ones of many kinds, for calibration, and ones whose correlation flips."""

from collections.abc import Callable, Iterator

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats

Random = np.random.Generator
FLIP_AFTER, FLIP_LENGTH, FLIP_GAP, FLIPS = 3_000, 400, 1_200, 4
FACTORS = 2


def autoregressive(random: Random, length: int, persistence: float) -> Floats:
    """A stationary AR(1) process of variance 1: ``x[t] = persistence x[t-1] + noise``."""
    values = random.normal(size=length)
    values[1:] *= np.sqrt(1.0 - persistence**2)
    for t in range(1, length):
        values[t] += persistence * values[t - 1]
    return values


def _steps(random: Random, length: int) -> Floats:
    """Two levels, drawn again every 20 vectors."""
    levels = np.repeat(random.integers(0, 2, size=length // 20 + 1), 20)[:length]
    return levels + 0.1 * random.normal(size=length)


def _season(random: Random, length: int) -> Floats:
    angle = 2 * np.pi * np.arange(length) / random.uniform(200, 2000) + random.uniform(0, 6)
    season: Floats = 3 * np.sin(angle)
    return season + random.normal(size=length)


def _walk(random: Random, length: int) -> Floats:
    steps = random.normal(size=length) * random.uniform(0.005, 0.05)
    return np.cumsum(steps) + random.normal(size=length)


CALM: tuple[Callable[[Random, int], Floats], ...] = (
    lambda random, length: random.normal(size=length),
    lambda random, length: autoregressive(random, length, 0.9),
    lambda random, length: autoregressive(random, length, 0.99) + 0.5 * random.normal(size=length),
)
KINDS: tuple[Callable[[Random, int], Floats], ...] = (
    *CALM,
    lambda random, length: random.standard_t(3, size=length),
    _season,
    _walk,
    lambda random, length: random.poisson(random.uniform(0.5, 20), size=length).astype(np.float64),
    _steps,
    lambda random, length: np.exp(0.7 * autoregressive(random, length, 0.8)),
    lambda random, length: np.arange(length) * random.uniform(-0.002, 0.002) + random.normal(size=length),
)
"""White noise, AR(1), slow AR(1) with noise; heavy tails, season, random walk, counts, steps, log-normal,
ramp."""


def quiet_group(seed: int, members: int, length: int) -> Floats:
    """Members of random kinds and units; half of them depend on two common factors."""
    random = np.random.default_rng(seed)
    own = np.stack([KINDS[i](random, length) for i in random.integers(0, len(KINDS), members)], axis=1)
    common = np.stack([CALM[i](random, length) for i in random.integers(0, len(CALM), FACTORS)], axis=1)
    loads = random.normal(size=(FACTORS, members)) * (random.random((FACTORS, members)) < 0.5)
    units = np.exp(random.uniform(-6, 6, members))
    return (own + common @ loads) * units + 100 * random.normal(size=members)


def quiet_groups(count: int, members: int, length: int) -> Iterator[Floats]:
    """``count`` different quiet groups."""
    return (quiet_group(1000 + seed, members, length) for seed in range(count))


def flipped_group(seed: int, members: int, persistence: float) -> tuple[Floats, Bools]:
    """Vectors in which members 0 and 1 correlate by 0.8, or -0.8 where the second array is true.

    The distribution of each member never changes.
    """
    random = np.random.default_rng(seed)
    length = FLIP_AFTER + FLIPS * (FLIP_LENGTH + FLIP_GAP)
    flipped = np.zeros(length, np.bool_)
    for begin in range(FLIP_AFTER, length, FLIP_LENGTH + FLIP_GAP):
        flipped[begin : begin + FLIP_LENGTH] = True
    values = np.stack([autoregressive(random, length, persistence) for _ in range(members)], axis=1)
    values[:, 1] = np.where(flipped, -0.8, 0.8) * values[:, 0] + 0.6 * values[:, 1]
    return values * np.linspace(0.5, 50, members) + np.linspace(-3, 1000, members), flipped
