"""The rank of a view: how rarely the series' own history had it as large.

All sizes |z| of a view are counted in a histogram with four bins per octave from 1/16; sizes above 3444 are
equal. A bin holds the number of sizes in it and beyond, so that a rank reads two bins. If k of n values were
at least as large,

    P = -log10((k + 15 h(z)) / (n + 15)),   h(z) = (1 + (z/1.2)^2 / 3)^-1.5

h is the tail of a heavy distribution (like Student's t with 3 degrees of freedom) as a prior with the weight
of 15 values. So P is at most log10(n/15) + 3 log10 z: a short history supports no large rank. A value with P
above 3.5 is counted as 0.4 values, so that one incident does not hide the next.
"""

from math import log2, log10, sqrt

import numpy as np

from anomaly_stream.detectors.models.views.state import (
    BINS,
    HISTOGRAMS,
    RANKED,
    VIEWS,
    ModelState,
)
from anomaly_stream.detectors.models.views.views import SixFloats
from anomaly_stream.kernels.jit import leaf_kernel

_BINS_PER_OCTAVE, _FIRST_OCTAVE = 4.0, -4.0
_LARGEST = 6e4
_PRIOR, _PRIOR_SCALE = 15.0, 1.2
_RARE, _RARE_WEIGHT = 3.5, 0.4
_MOST = 2.0**20
"""At this count all are halved: far beyond it, float32 does not resolve a single value."""


@leaf_kernel
def _place(z: float) -> float:
    """Where a size is in the histogram, in bins."""
    size = min(abs(z), _LARGEST)
    return _BINS_PER_OCTAVE * (log2(size) - _FIRST_OCTAVE) if size > 2.0**_FIRST_OCTAVE else 0.0


@leaf_kernel
def rank(state: ModelState, view: int, z: float) -> float:
    """P of a view."""
    place = _place(z)
    own = min(int(place), BINS - 1)
    start = HISTOGRAMS + view * BINS
    beyond = float(state.floats[start + own])
    if own < BINS - 1:
        beyond -= (place - own) * (beyond - float(state.floats[start + own + 1]))
    square = 1.0 + (min(abs(z), _LARGEST) / _PRIOR_SCALE) ** 2 / 3.0
    prior = 1.0 / (square * sqrt(square))
    return -log10((beyond + _PRIOR * prior) / (float(state.doubles[RANKED]) + _PRIOR))


@leaf_kernel
def ranks_of(state: ModelState, z: SixFloats) -> SixFloats:
    """P of all views."""
    return (
        rank(state, 0, z[0]),
        rank(state, 1, z[1]),
        rank(state, 2, z[2]),
        rank(state, 3, z[3]),
        rank(state, 4, z[4]),
        rank(state, 5, z[5]),
    )


@leaf_kernel
def count(state: ModelState, z: SixFloats, ranks: SixFloats) -> None:
    """Count a value in the histogram of each view."""
    for view in range(VIEWS):
        start = HISTOGRAMS + view * BINS
        weight = np.float32(_RARE_WEIGHT if ranks[view] > _RARE else 1.0)
        for at in range(start, start + min(int(_place(z[view])), BINS - 1) + 1):
            state.floats[at] += weight
    state.doubles[RANKED] += 1.0
    if state.doubles[RANKED] >= _MOST:
        state.doubles[RANKED] *= 0.5
        for at in range(HISTOGRAMS, HISTOGRAMS + VIEWS * BINS):
            state.floats[at] *= np.float32(0.5)
