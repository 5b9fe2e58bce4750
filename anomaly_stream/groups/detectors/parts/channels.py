"""A channel: a quantity with a stable level, watched at one or more time scales.

At each scale a fast mean ``f`` is compared with a slow mean ``b``. Their difference ``e = f - b`` is measured
in units of ``sqrt(v)``, with ``v`` a slow mean of ``e^2``. White noise of the channel's own size would give
``n = mean(difference^2 / 2) / (2 fast - 1)`` for ``v``. If ``v`` is much larger than that, the channel drifts
by itself and counts for less: ``z = e / sqrt(v) / (1 + (v / n / 15)^1.25)``.

**Gate.** ``b``, ``v`` and ``n`` learn only while ``|z|`` is below a gate, so an outage does not become
normal. After 600 gated vectors in a row ``b`` is set to ``f`` (a new normal), and the move widens a lifelong
mean of ``e^2``; ``v`` counts as at least half of that mean. So a channel whose level changes every few hours
is judged by the size of its changes.

State of a channel: number of values, last value, ``mean(difference^2 / 2)``, then ``SCALE`` words per scale.
"""

from math import sqrt
from typing import NamedTuple

from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel


class Scale(NamedTuple):
    """One time scale: the spans of the two means, in vectors, and the gate."""

    fast: float
    slow: float
    gate: float
    """Values with a larger ``|z|`` are not learned."""


HEAD, SCALE = 3, 5
COUNT, _LAST, _NOISE = range(HEAD)
FAST, SLOW, _SPREAD, _LIFELONG, _GATED = range(SCALE)

RELEARN_AFTER = 600.0
LIMIT = 1e4
"""``z`` is clipped to this size."""
_SPREAD_SPANS = 1.5
_DRIFT = 15.0
_LIFELONG_SHARE = 0.5
_LIFELONG_SPAN = 20_000.0
_ROUNDING = 1e-9
"""Changes smaller than this share of the level are rounding."""


@leaf_kernel
def fast_mean(state: Floats, at: int, number: int, scale: Scale, value: float) -> float:
    """The fast mean of a scale, by number, including ``value``; the channel begins at ``at``."""
    fast = state[at + HEAD + SCALE * number + FAST]
    return float(fast + rate(scale.fast, state[at + COUNT] + 1.0) * (value - fast))


@leaf_kernel
def deviation(state: Floats, at: int, number: int, scale: Scale, value: float, noisy: bool) -> float:
    """``z`` of a scale, by number, at ``value``, which is not learned.

    ``noisy``: ``v`` counts as at least ``n``; for channels whose noise is known better than their drift.
    """
    if state[at + COUNT] == 0.0:
        return 0.0
    place = at + HEAD + SCALE * number
    residual = fast_mean(state, at, number, scale, value) - state[place + SLOW]
    if residual == 0.0:
        return 0.0
    spread = max(state[place + _SPREAD], _LIFELONG_SHARE * state[place + _LIFELONG])
    noise = state[at + _NOISE] / (2.0 * scale.fast - 1.0)
    drift = spread / noise / _DRIFT if noise > 0.0 else 0.0
    rounding = _ROUNDING * state[place + SLOW]
    variance = max(spread, rounding * rounding, noise if noisy else 0.0)
    if variance <= 0.0:
        return LIMIT if residual > 0.0 else -LIMIT
    z = residual / sqrt(variance) / (1.0 + drift * sqrt(sqrt(drift)))
    return float(min(LIMIT, max(-LIMIT, z)))


@leaf_kernel
def learn_scale(
    state: Floats, at: int, number: int, scale: Scale, value: float, z: float, warm_up: float
) -> None:
    """Update a scale, by number, with ``value``, for which ``deviation`` gave ``z``.

    The gate is open during warm-up, and while the channel has been constant so far: the size of its first
    change is learned.
    """
    place = at + HEAD + SCALE * number
    count = state[at + COUNT] + 1.0
    state[place + FAST] = fast_mean(state, at, number, scale, value)
    if count == 1.0:
        state[place + SLOW] = value
    residual = state[place + FAST] - state[place + SLOW]
    square = residual * residual
    if abs(z) < scale.gate or count <= warm_up or state[place + _SPREAD] == 0.0:
        state[place + _GATED] = 0.0
        state[place + SLOW] += rate(scale.slow, count) * (value - state[place + SLOW])
        slow = rate(_SPREAD_SPANS * scale.slow, count)
        state[place + _SPREAD] += slow * (
            capped(square, state[place + _SPREAD], count) - state[place + _SPREAD]
        )
        state[place + _LIFELONG] += rate(_LIFELONG_SPAN, count) * (square - state[place + _LIFELONG])
        if number == 0:
            difference = value - state[at + _LAST] if count > 1.0 else 0.0
            state[at + _NOISE] += slow * (0.5 * difference * difference - state[at + _NOISE])
        return
    state[place + _GATED] += 1.0
    if state[place + _GATED] >= RELEARN_AFTER:
        state[place + _GATED] = 0.0
        state[place + SLOW] = state[place + FAST]
        part = min(1.0, RELEARN_AFTER / min(_LIFELONG_SPAN, count))
        state[place + _LIFELONG] += part * (square - state[place + _LIFELONG])


@leaf_kernel
def learn_value(state: Floats, at: int, value: float) -> None:
    """Count ``value`` after all scales have learned it."""
    state[at + COUNT] += 1.0
    state[at + _LAST] = value
