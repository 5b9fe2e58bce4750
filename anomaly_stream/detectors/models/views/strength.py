"""The evidence of all views together: a vote.

*Strength*, with P the ranks, ``week/step`` the number of values in a week (step from 1 s to 1 h), and R the
logarithm of the range over the usual deviation from the level, 1 to 3:

    S = mean of min(P, 4) over the six views + record - 0.2 log10(week/step) - 0.5 R

The cap makes it a vote: a single view, however large, adds at most 4/6. More values per week give more
chances. A series of bursts has a wide range and needs more evidence (``extent``).

*Record*: a spread that is wider or narrower than ever adds to the strength. With n the number of values so
far, and r the share of the range of all spreads (of 12 values) that only this one reaches:

    record = 0.1 log10(n/20) log10(1 + 100 r)

*Confirmation*: a value soon after another one counts fully only with it. With S' the strength before and dt
the time since then, ``w = 0.4 exp(-dt / 5 min)``:

    confirmed = (1 - w) S + w min(S, max(S', S - 1))

A value that stays confirms the one before it: if it is on the same side, and at least half as far from the
expected value, the strength is at least ``S' - 1 + exp(-dt / 5 min)``. By the minute, the second value of an
outage has no change, and an error that inertia explains.

*Stillness*, beside the vote: if a value repeats for the n-th time, more often than ever before, and the
series has changed 50 times and has 8 n values, the strength is at least
``1.25 + log10(n / (2 longest + 12)) - 0.5 R``, with ``longest`` the longest run before.

*Score*: ``100 / (1 + 2/3 exp(-2 (S - 0.75)))``, 60 at a strength of 0.75. It ranks evidence, with one scale
for all series, and is no ``-10 log10`` of a probability; that is in ``tail``.
"""

from math import exp, inf, log, log10
from typing import NamedTuple

from anomaly_stream.detectors.models.views.clock import DAY_S, HOUR_S, WEEK_S, step_of
from anomaly_stream.detectors.models.views.extent import range_penalty
from anomaly_stream.detectors.models.views.forecasts import FEWEST
from anomaly_stream.detectors.models.views.state import (
    ALERT_STRENGTH,
    ALERT_TIME,
    CHANGES,
    ERROR,
    LAST_ERROR,
    LAST_STRENGTH,
    LAST_TIME,
    LAST_VALUE,
    LONGEST_RUN,
    NARROWEST,
    ROWS,
    RUN,
    SPREAD,
    VIEWS,
    WIDEST,
    ModelState,
)
from anomaly_stream.detectors.models.views.views import SixFloats, Views
from anomaly_stream.kernels.jit import leaf_kernel

ALERT = 0.75
"""By default, this strength opens an alert: its score is 60."""
ANOMALY = 0.35
"""By default, a value of this strength is an anomaly: its score is 40."""
NONE = -9.0
"""The strength where there is no evidence."""
_CAP, _LOOKS = 4.0, 0.2
_RECORD, _RECORDS = 0.1, 100.0
_CONFIRM, _CONFIRM_S, _UNCONFIRMED, _STAYS = 0.4, 300.0, 1.0, 0.5
_STILL, _STILL_EXTRA, _CHANGES_KNOWN, _ROWS_PER_RUN = 1.25, 12.0, 50.0, 8.0
_STEEPNESS = 2.0
_FADE_PER_DAY, _FADE_PER_VALUE = 8.0, 0.001
"""Reported strength fades at the faster of these rates; values that come faster than one per second count as
one per second."""


class Vote(NamedTuple):
    """The evidence of the six views."""

    strength: float
    highest: int
    """The view with the highest rank of those on the side of the evidence; the spread has no side."""
    side: float
    """Positive if the evidence is above what is usual, negative if below."""


@leaf_kernel
def score_of(strength: float) -> float:
    """The score of a strength, 0 to 100."""
    return 100.0 / (1.0 + exp(-_STEEPNESS * (strength - ALERT)) * 2.0 / 3.0)


@leaf_kernel
def strength_of(score: float) -> float:
    """The strength that has this score."""
    return ALERT - log((100.0 / score - 1.0) * 1.5) / _STEEPNESS


@leaf_kernel
def looks_of(state: ModelState) -> float:
    """What the number of values in a week takes from the strength."""
    return _LOOKS * log10(WEEK_S / min(max(step_of(state), 1.0), HOUR_S))


@leaf_kernel
def _record(state: ModelState, spread: float) -> float:
    """What a spread adds that is wider or narrower than ever."""
    narrowest, widest = state.doubles[NARROWEST], state.doubles[WIDEST]
    beyond = max(spread - widest, narrowest - spread)
    if beyond <= 0.0 or widest <= narrowest or state.doubles[ROWS] < FEWEST:
        return 0.0
    share = beyond / (widest - narrowest + beyond)
    return _RECORD * log10(state.doubles[ROWS] / FEWEST) * log10(1.0 + _RECORDS * share)


@leaf_kernel
def vote(state: ModelState, x: float, views: Views, ranks: SixFloats) -> Vote:
    """The strength of a normalised value, the view that shows it best, and its side."""
    z, total, side = views.z, 0.0, 0.0
    for view in range(VIEWS):
        capped = min(ranks[view], _CAP)
        total += capped
        if view != SPREAD:
            side += capped if z[view] > 0.0 else -capped if z[view] < 0.0 else 0.0
    highest, most = ERROR, ranks[ERROR] if z[ERROR] * side >= 0.0 else -inf
    for view in range(VIEWS):
        if ranks[view] > most and (view == SPREAD or z[view] * side >= 0.0):
            highest, most = view, ranks[view]
    record = _record(state, views.raw[SPREAD])
    strength = total / VIEWS + record - looks_of(state) - range_penalty(state, x)
    return Vote(strength, highest, side)


@leaf_kernel
def confirm(state: ModelState, time: float, strength: float, error: float) -> float:
    """A strength, lowered if the value before it, within minutes, does not share it.

    It is that of the value before it, or more, if ``error``, the distance from the target, stays on its side.
    """
    before, last = float(state.doubles[LAST_ERROR]), float(state.doubles[LAST_STRENGTH])
    soon = exp(-max(time - state.doubles[LAST_TIME], 0.0) / _CONFIRM_S)
    weight = _CONFIRM * soon
    shared = min(strength, max(last, strength - _UNCONFIRMED))
    confirmed = (1.0 - weight) * strength + weight * shared
    if error * before > 0.0 and abs(error) >= _STAYS * abs(before):
        return max(confirmed, last - _UNCONFIRMED * (1.0 - soon))
    return confirmed


@leaf_kernel
def stillness(state: ModelState, x: float) -> float:
    """The strength of a value that repeats."""
    doubles = state.doubles
    run = doubles[RUN] + 1.0
    if x != doubles[LAST_VALUE] or run <= doubles[LONGEST_RUN]:
        return NONE
    if doubles[CHANGES] < _CHANGES_KNOWN or doubles[ROWS] < _ROWS_PER_RUN * run:
        return NONE
    return _STILL + log10(run / (2.0 * doubles[LONGEST_RUN] + _STILL_EXTRA)) - range_penalty(state, x)


@leaf_kernel
def reported_strength(state: ModelState, time: float) -> float:
    """What is left of the strength that was reported."""
    doubles = state.doubles
    if doubles[ALERT_TIME] == 0.0:
        return NONE
    passed = time - doubles[ALERT_TIME]
    fade = max(_FADE_PER_DAY * passed / DAY_S, _FADE_PER_VALUE * passed / max(step_of(state), 1.0))
    return float(doubles[ALERT_STRENGTH] - fade)
