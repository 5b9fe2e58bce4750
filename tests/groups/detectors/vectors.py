"""Synthetic vectors for the tests of groups."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats


def related(seed: int, length: int, members: int = 4, persistence: float = 0.6) -> Floats:
    """Autocorrelated members; each one follows the one before it by half."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(length, members))
    values = np.zeros((length, members))
    for t in range(1, length):
        values[t] = persistence * values[t - 1] + noise[t]
    for member in range(1, members):
        values[:, member] += 0.5 * values[:, member - 1]
    return values * np.geomspace(0.1, 100, members) + np.arange(members) * 10


def with_gaps(vectors: Floats, seed: int, share: float = 0.1) -> Floats:
    """The vectors with some values replaced by NaN."""
    found = vectors.copy()
    found[np.random.default_rng(seed).random(vectors.shape) < share] = np.nan
    return found


def everybody(vectors: Floats) -> NDArray[np.bool_]:
    """A mask in which all members are present."""
    return np.ones(vectors.shape, np.bool_)
