"""Reduces the evidence for anomalies similar to those that were reported before.

*Suppression*: peaks of a route within 10 hours are one episode. A histogram of the peaks of episodes, halved
every two weeks, gives the number c of similar past episodes, with peaks at most 0.3 decades lower. The
evidence of the route is reduced by ``w log10(1 + c)`` decades, with ``w`` its weight.

*Novelty*: the alert score counts only evidence that exceeds all evidence of the last 6 hours. If an alert
opened in these hours, it must exceed it by 1.5 decades. So an episode causes one alert, and a large episode
that follows a small one still causes its own.

Hours are those of ``clock``.
"""

from math import floor, log10

from anomaly_stream.detectors.models.parts.clock import hour_of
from anomaly_stream.detectors.models.parts.state import (
    COOLDOWN,
    COOLDOWN_AT,
    COOLDOWN_BUCKETS,
    LAST_ALERT,
    PEAK_BINS,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

_SLACK = 0.3
_LEAST = 0.5
"""Peaks of less evidence (in decades) are not recorded."""
_BINS_A_DECADE = 10.0
_EPISODE_H = 10
_HALF_LIFE_H = 336
_COOLDOWN_H = 6
_MUCH_MORE = 1.5


@leaf_kernel
def _similar_peaks(state: ModelState, episode: int, peaks: int, time: float, evidence: float) -> float:
    """c: the aged number of similar past episodes."""
    if evidence <= _LEAST:
        return 0.0
    doubles = state.doubles
    hour = hour_of(state)
    found = 0.0
    first = max(0, int((evidence - _SLACK - _LEAST) * _BINS_A_DECADE + 0.5))
    for j in range(first, PEAK_BINS):
        found += state.floats[peaks + j]
    if found > 0:
        found *= 0.5 ** ((time - doubles[episode + 2]) / (_HALF_LIFE_H * hour))
    over = doubles[episode] > 0 and time - doubles[episode + 1] > _EPISODE_H * hour
    if over and doubles[episode] >= evidence - _SLACK:
        found += 1
    return found


@leaf_kernel
def discounted(
    state: ModelState, episode: int, peaks: int, time: float, evidence: float, weight: float
) -> float:
    """Evidence of a route in decades, less the suppression by past episodes."""
    return evidence - weight * log10(1 + _similar_peaks(state, episode, peaks, time, evidence))


@leaf_kernel
def record_peak(state: ModelState, episode: int, peaks: int, time: float, evidence: float) -> None:
    """Update the episodes of a route with its evidence before suppression."""
    doubles = state.doubles
    hour = hour_of(state)
    if doubles[episode] > 0 and time - doubles[episode + 1] > _EPISODE_H * hour:
        left = 0.5 ** ((time - doubles[episode + 2]) / (_HALF_LIFE_H * hour))
        for j in range(PEAK_BINS):
            state.floats[peaks + j] *= left
        doubles[episode + 2] = time
        at = min(PEAK_BINS - 1, max(0, int((doubles[episode] - _LEAST) * _BINS_A_DECADE)))
        state.floats[peaks + at] += 1
        doubles[episode] = 0
    if evidence > _LEAST and evidence > doubles[episode]:
        doubles[episode] = evidence
        doubles[episode + 1] = time


@leaf_kernel
def _bucket(state: ModelState, time: float) -> float:
    return floor(time / (_COOLDOWN_H * hour_of(state) / COOLDOWN_BUCKETS))


@leaf_kernel
def novelty(state: ModelState, time: float, evidence: float) -> float:
    """The evidence if it is a new peak of the last hours (after an alert: a much higher one), else 0."""
    doubles = state.doubles
    now = _bucket(state, time)
    peak = -1.0
    for j in range(COOLDOWN_BUCKETS):
        if doubles[COOLDOWN_AT] - COOLDOWN_BUCKETS < now - j <= doubles[COOLDOWN_AT]:
            peak = max(peak, state.floats[COOLDOWN + int(now - j) % COOLDOWN_BUCKETS])
    if doubles[LAST_ALERT] != 0 and time - doubles[LAST_ALERT] <= _COOLDOWN_H * hour_of(state):
        peak += _MUCH_MORE
    return evidence if evidence > peak else 0.0


@leaf_kernel
def record_cooldown(state: ModelState, time: float, evidence: float, alerted: bool) -> None:
    """Record evidence that was reported, and whether it opened an alert."""
    doubles = state.doubles
    now = _bucket(state, time)
    if now > doubles[COOLDOWN_AT] + COOLDOWN_BUCKETS or now < doubles[COOLDOWN_AT]:
        for j in range(COOLDOWN_BUCKETS):
            state.floats[COOLDOWN + j] = 0
    else:
        for j in range(int(doubles[COOLDOWN_AT]) + 1, int(now) + 1):
            state.floats[COOLDOWN + j % COOLDOWN_BUCKETS] = 0
    doubles[COOLDOWN_AT] = now
    at = COOLDOWN + int(now) % COOLDOWN_BUCKETS
    state.floats[at] = max(state.floats[at], evidence)
    if alerted:
        doubles[LAST_ALERT] = time
