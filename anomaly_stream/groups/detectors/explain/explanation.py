"""The explanation of a group's score: the contributing members and pairs, as figures and in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import odds
from anomaly_stream.groups.detectors import correlation
from anomaly_stream.groups.detectors.explain.pair_deviations import pair_deviations
from anomaly_stream.groups.detectors.instance import DETECTOR_COUNT
from anomaly_stream.groups.detectors.instance_layout import ABSENT, InstanceLayout
from anomaly_stream.groups.detectors.parts import members
from anomaly_stream.groups.detectors.registry import REGISTRY
from anomaly_stream.kernels.arrays import Bools, Floats

BROKEN = 0.5
"""A pair is broken if its deviation is at least this share of the largest one."""
BROKEN_AT_LEAST = 4.0
"""It must also be at least this many standard deviations."""
MOST_BROKEN = 5
_MENTIONED = 3
_MENTIONED_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class MemberShare:
    """A member's share of a deviation.

    Attributes:
        member: its number in the vector.
        share: its contribution, negative if the member is below its expected value; absolute shares sum to 1.
        expected: its usual value, in the unit of the metric.
        seen: its value, in the same unit; None if it is missing.
    """

    member: int
    share: float
    expected: float
    seen: float | None


@dataclass(frozen=True, slots=True)
class BrokenPair:
    """Two members whose correlation changed: ``expected`` is the usual one of their innovations, ``seen`` the
    present."""

    first: int
    second: int
    expected: float
    seen: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one vector. ``detector``: number of the detector with the highest score."""

    detector: int
    score: float
    members: tuple[MemberShare, ...]
    """All members, the largest share first."""
    pairs: tuple[BrokenPair, ...]
    """The broken pairs, the largest deviation first."""


def explain(
    state: Floats, layout: InstanceLayout, vector: Floats, present: Bools, work: Floats, scores: Floats
) -> Explanation:
    """Explain the score that ``instance.evaluate`` has just given; call it before ``learn``."""
    size = layout.size
    number = int(np.argmax(np.where(layout.detector_at == ABSENT, -1.0, scores[1 : 1 + DETECTOR_COUNT])))
    channels = pair_deviations(state, layout, work)
    at, work_at = int(layout.detector_at[number]), int(layout.work_at[number])
    parts = REGISTRY[number].contributions(state, at, size, work, work_at, channels)
    total = float(parts.sum())
    sizes = parts / total if total > 0.0 else np.full(size, 1.0 / size)
    expected = _expected_values(state, layout, work)
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


def _expected_values(state: Floats, layout: InstanceLayout, work: Floats) -> Floats:
    """The usual values by the first detector that keeps them, otherwise the members' levels."""
    for one in REGISTRY:
        at = int(layout.detector_at[one.number])
        if at != ABSENT and one.expected is not None:
            return one.expected(state, at, layout.size, work, int(layout.work_at[one.number]))
    first = layout.members_at + members.MEAN
    return state[first : first + members.WORDS * layout.size : members.WORDS]


def findings(names: Sequence[str], found: Explanation, before: int) -> str:
    """The finding as a part of a sentence.

    Args:
        names: the names of the members, in order.
        found: the explanation of the vector.
        before: vectors that came before it.
    """
    if found.detector == correlation.NUMBER and found.pairs:
        text = f"correlation broke between {_relations(names, found)}"
    else:
        text = _levels(names, found)
        if found.pairs:
            text += f"; correlation changed between {_relations(names, found)}"
    return f"{text}; by chance {odds(10.0 ** (-found.score / 10.0), before, 'vectors')}"


def _levels(names: Sequence[str], found: Explanation) -> str:
    """The members with the largest shares."""
    mentioned = [
        member
        for place, member in enumerate(found.members[:_MENTIONED])
        if place == 0 or abs(member.share) >= _MENTIONED_SHARE
    ]
    parts = []
    for member in mentioned:
        text = Rounding.of(member.seen or 0.0, member.expected).text
        seen = "missing" if member.seen is None else text(member.seen)
        part = f"{abs(member.share):.0%} of the deviation"
        parts.append(f"{names[member.member]} is {seen} (expected {text(member.expected)}, {part})")
    return ", ".join(parts)


def _relations(names: Sequence[str], found: Explanation) -> str:
    parts = [
        f"{names[pair.first]} and {names[pair.second]} ({pair.seen:.2f}, expected {pair.expected:.2f})"
        for pair in found.pairs[:_MENTIONED]
    ]
    return ", ".join(parts)
