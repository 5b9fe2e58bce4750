"""What a group's score rests on: which members, by how much, which pairs; as figures and in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomaly_stream.alerts.wording import chance
from anomaly_stream.groups.detectors.explain.contributions import (
    contributions,
    expected_values,
    pair_channels,
)
from anomaly_stream.groups.detectors.instance import CORRELATION, DETECTORS
from anomaly_stream.kernels.arrays import Bools, Floats

BROKEN = 0.5
"""A pair counts as broken that deviates by at least this part of what the worst one does ..."""
BROKEN_AT_LEAST = 4.0
"""... and by at least so many of its standard deviations."""
MOST_BROKEN = 5
_MENTIONED = 3
_MENTIONED_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class MemberShare:
    """A member's part in a deviation.

    Attributes:
        member: its number in the vector.
        share: its part, with the sign of its own deviation (above or below); the sizes of all sum to 1.
        expected: its usual level. In the units of the metric, as is ``seen``.
        seen: its value now, None where it has none.
    """

    member: int
    share: float
    expected: float
    seen: float | None


@dataclass(frozen=True, slots=True)
class BrokenPair:
    """Two members whose relation changed: the correlation of what is new in each, usually and now."""

    first: int
    second: int
    expected: float
    seen: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one vector. ``detector``: number of the one with the highest score."""

    detector: int
    score: float
    members: tuple[MemberShare, ...]
    """All, the largest share first."""
    pairs: tuple[BrokenPair, ...]
    """Those that broke, the worst first."""


def explain(
    memory: Floats,
    mask: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    scores: Floats,
) -> Explanation:
    """Explain what ``instance.evaluate`` has just said; to be called before ``learn``."""
    size = len(vector)
    number = int(np.argmax(scores[1 : 1 + DETECTORS]))
    channels = pair_channels(memory, mask, size, warm_up, work)
    parts = contributions(memory, mask, number, size, work, channels)
    total = float(parts.sum())
    sizes = parts / total if total > 0.0 else np.full(size, 1.0 / size)
    expected = expected_values(memory, mask, size)
    shares = []
    for member in np.argsort(-sizes, kind="stable").tolist():
        seen = float(vector[member]) if present[member] and math.isfinite(vector[member]) else None
        below = seen is not None and seen < expected[member]
        share = float(-sizes[member] if below else sizes[member])
        shares.append(MemberShare(member, share, float(expected[member]), seen))
    channels.sort(key=lambda pair: -abs(pair.deviation))
    least = max(BROKEN_AT_LEAST, BROKEN * abs(channels[0].deviation)) if channels else 0.0
    broken = tuple(
        BrokenPair(pair.first, pair.second, pair.expected, pair.seen, pair.deviation)
        for pair in channels[:MOST_BROKEN]
        if abs(pair.deviation) >= least
    )
    return Explanation(number, float(scores[0]), tuple(shares), broken)


def findings(names: Sequence[str], found: Explanation) -> str:
    """What is unusual, as a part of a sentence; ``names`` are those of the members, in order."""
    if found.detector == CORRELATION and found.pairs:
        text = f"correlation broke between {_relations(names, found)}"
    else:
        text = _levels(names, found)
        if found.pairs:
            text += f"; correlation changed between {_relations(names, found)}"
    return f"{text}; {chance(found.score, 'vectors')}"


def _levels(names: Sequence[str], found: Explanation) -> str:
    """Those that say most."""
    told = [
        member
        for place, member in enumerate(found.members[:_MENTIONED])
        if place == 0 or abs(member.share) >= _MENTIONED_SHARE
    ]
    parts = []
    for member in told:
        seen = "missing" if member.seen is None else f"{member.seen:.4g}"
        part = f"{abs(member.share):.0%} of the deviation"
        parts.append(f"{names[member.member]} is {seen} (expected {member.expected:.4g}, {part})")
    return ", ".join(parts)


def _relations(names: Sequence[str], found: Explanation) -> str:
    parts = [
        f"{names[pair.first]} and {names[pair.second]} ({pair.seen:.2f}, expected {pair.expected:.2f})"
        for pair in found.pairs[:_MENTIONED]
    ]
    return ", ".join(parts)
