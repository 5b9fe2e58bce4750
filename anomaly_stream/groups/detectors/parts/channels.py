"""A channel: something that should stay where it is, watched at one or more scales of time.

At each scale a fast mean ``f`` is held against a slow one ``b``. Their distance ``e = f - b`` is measured in
its own usual size, the root of ``v``, a slow mean of ``e**2``. White noise of the channel's own size would
give ``n = mean(difference**2 / 2) / (2 fast - 1)`` for ``v``; where ``v`` is many times that, the channel
drifts slowly by itself, and says less: ``z = e / sqrt(v) / (1 + (v / n / 15)**1.25)``.

**Membership.** ``b``, ``v`` and ``n`` learn only while ``abs(z)`` is below a gate: an outage does not become
normal. After 600 gated vectors in a row ``b`` becomes ``f`` (a new normal), and what the channel has just
shown to be a move that lasts widens a lifelong mean of ``e**2``, half of which ``v`` never falls below. So a
channel whose level moves every other hour ends up judged by the size of its moves.

Words of a channel: values counted, the last value, ``mean(difference**2 / 2)``, then ``SCALE`` words a
scale.
"""

from math import sqrt
from typing import NamedTuple

from anomaly_stream.groups.detectors.parts.members import capped, rate
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel


class Scale(NamedTuple):
    """Spans of the two means, in vectors, and the gate."""

    fast: float
    slow: float
    gate: float
    """Of ``abs(z)``: what is further out is not learned."""


HEAD, SCALE = 3, 5
COUNT, _LAST, _NOISE = range(HEAD)
FAST, SLOW, _SPREAD, _LIFELONG, _GATED = range(SCALE)

RELEARN_AFTER = 600.0
LIMIT = 1e4
"""Of ``z``."""
_SPREAD_SPANS = 1.5
_DRIFT = 15.0
_LIFELONG_SHARE = 0.5
_LIFELONG_SPAN = 20_000.0
_ROUNDING = 1e-9
"""Of the level: movements that are smaller are rounding."""


@leaf_kernel
def words(scales: int) -> int:
    """Of memory, a channel."""
    return HEAD + SCALE * scales


@leaf_kernel
def fast_mean(memory: Floats, at: int, number: int, scale: Scale, value: float) -> float:
    """The fast mean of the scale with this number, ``value`` in it. ``at``: where the channel's words
    begin.
    """
    fast = memory[at + HEAD + SCALE * number + FAST]
    return float(fast + rate(scale.fast, memory[at + COUNT] + 1.0) * (value - fast))


@leaf_kernel
def deviation(memory: Floats, at: int, number: int, scale: Scale, value: float, noisy: bool) -> float:
    """``z`` of the scale with this number at ``value``, which does not enter.

    ``noisy``: ``v`` counts as at least ``n``, for channels whose noise is known better than their drift.
    """
    if memory[at + COUNT] == 0.0:
        return 0.0
    place = at + HEAD + SCALE * number
    residual = fast_mean(memory, at, number, scale, value) - memory[place + SLOW]
    if residual == 0.0:
        return 0.0
    spread = max(memory[place + _SPREAD], _LIFELONG_SHARE * memory[place + _LIFELONG])
    noise = memory[at + _NOISE] / (2.0 * scale.fast - 1.0)
    drift = spread / noise / _DRIFT if noise > 0.0 else 0.0
    rounding = _ROUNDING * memory[place + SLOW]
    variance = max(spread, rounding * rounding, noise if noisy else 0.0)
    if variance <= 0.0:
        return LIMIT if residual > 0.0 else -LIMIT
    z = residual / sqrt(variance) / (1.0 + drift * sqrt(sqrt(drift)))
    return float(min(LIMIT, max(-LIMIT, z)))


@leaf_kernel
def learn_scale(
    memory: Floats, at: int, number: int, scale: Scale, value: float, z: float, warm_up: float
) -> None:
    """Take ``value`` into the scale with this number, where ``deviation`` gave ``z`` for it.

    Not gated while the channel warms up, nor while it has no spread yet: what has never moved learns from its
    first move how far it goes.
    """
    place = at + HEAD + SCALE * number
    count = memory[at + COUNT] + 1.0
    memory[place + FAST] = fast_mean(memory, at, number, scale, value)
    if count == 1.0:
        memory[place + SLOW] = value
    residual = memory[place + FAST] - memory[place + SLOW]
    square = residual * residual
    if abs(z) < scale.gate or count <= warm_up or memory[place + _SPREAD] == 0.0:
        memory[place + _GATED] = 0.0
        memory[place + SLOW] += rate(scale.slow, count) * (value - memory[place + SLOW])
        slow = rate(_SPREAD_SPANS * scale.slow, count)
        memory[place + _SPREAD] += slow * (
            capped(square, memory[place + _SPREAD], count) - memory[place + _SPREAD]
        )
        memory[place + _LIFELONG] += rate(_LIFELONG_SPAN, count) * (square - memory[place + _LIFELONG])
        if number == 0:
            difference = value - memory[at + _LAST] if count > 1.0 else 0.0
            memory[at + _NOISE] += slow * (0.5 * difference * difference - memory[at + _NOISE])
        return
    memory[place + _GATED] += 1.0
    if memory[place + _GATED] >= RELEARN_AFTER:
        memory[place + _GATED] = 0.0
        memory[place + SLOW] = memory[place + FAST]
        part = min(1.0, RELEARN_AFTER / min(_LIFELONG_SPAN, count))
        memory[place + _LIFELONG] += part * (square - memory[place + _LIFELONG])


@leaf_kernel
def learn_value(memory: Floats, at: int, value: float) -> None:
    """Count ``value``, once all scales have learned it."""
    memory[at + COUNT] += 1.0
    memory[at + _LAST] = value
