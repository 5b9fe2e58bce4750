"""What was reported before counts less: past episodes, and the peaks of the last hours.

*Repeats*: peaks of a route within 10 hours are one episode. A histogram of their peaks, aged by half in two
weeks, says how many were about as high (at least 0.3 decades less): the route loses weight log10(1 + c).

*Hold*: an alert score is what is higher than every strength of the last 6 hours, and where an alert opened in
these, higher by 1.5 decades: an episode gives one alert, and a small one does not hide a large one behind it.
Hours are those of ``clock``.
"""

from math import floor, log10

from anomaly_stream.detectors.models.parts.clock import hour_of
from anomaly_stream.detectors.models.parts.layout import (
    HOLD,
    HOLD_AT,
    HOLD_BUCKETS,
    LAST_ALERT,
    PEAK_BINS,
    Memory,
)
from anomaly_stream.kernels.jit import leaf_kernel

_SLACK = 0.3
_LEAST = 0.5
"""Decades from which on a peak is remembered."""
_BINS_A_DECADE = 10.0
_EPISODE_H = 10
_HALF_LIFE_H = 336
_HOLD_H = 6
_MUCH_MORE = 1.5


@leaf_kernel
def _repeats(memory: Memory, episode: int, peaks: int, time: float, strength: float) -> float:
    """The aged count of past episodes about as high."""
    if strength <= _LEAST:
        return 0.0
    words = memory.words
    hour = hour_of(memory)
    found = 0.0
    first = max(0, int((strength - _SLACK - _LEAST) * _BINS_A_DECADE + 0.5))
    for j in range(first, PEAK_BINS):
        found += memory.floats[peaks + j]
    if found > 0:
        found *= 0.5 ** ((time - words[episode + 2]) / (_HALF_LIFE_H * hour))
    over = words[episode] > 0 and time - words[episode + 1] > _EPISODE_H * hour
    if over and words[episode] >= strength - _SLACK:
        found += 1
    return found


@leaf_kernel
def discounted(
    memory: Memory, episode: int, peaks: int, time: float, strength: float, weight: float
) -> float:
    """What is left of a route's strength in decades, less for its repeats."""
    return strength - weight * log10(1 + _repeats(memory, episode, peaks, time, strength))


@leaf_kernel
def remember(memory: Memory, episode: int, peaks: int, time: float, strength: float) -> None:
    """Let a route's episodes follow its strength (before any discount)."""
    words = memory.words
    hour = hour_of(memory)
    if words[episode] > 0 and time - words[episode + 1] > _EPISODE_H * hour:
        left = 0.5 ** ((time - words[episode + 2]) / (_HALF_LIFE_H * hour))
        for j in range(PEAK_BINS):
            memory.floats[peaks + j] *= left
        words[episode + 2] = time
        at = min(PEAK_BINS - 1, max(0, int((words[episode] - _LEAST) * _BINS_A_DECADE)))
        memory.floats[peaks + at] += 1
        words[episode] = 0
    if strength > _LEAST and strength > words[episode]:
        words[episode] = strength
        words[episode + 1] = time


@leaf_kernel
def _bucket(memory: Memory, time: float) -> float:
    return floor(time / (_HOLD_H * hour_of(memory) / HOLD_BUCKETS))


@leaf_kernel
def news(memory: Memory, time: float, strength: float) -> float:
    """The strength where it is a new peak, after an alert of the last hours a much higher one; else 0."""
    words = memory.words
    now = _bucket(memory, time)
    peak = -1.0
    for j in range(HOLD_BUCKETS):
        if words[HOLD_AT] - HOLD_BUCKETS < now - j <= words[HOLD_AT]:
            peak = max(peak, memory.floats[HOLD + int(now - j) % HOLD_BUCKETS])
    if words[LAST_ALERT] != 0 and time - words[LAST_ALERT] <= _HOLD_H * hour_of(memory):
        peak += _MUCH_MORE
    return strength if strength > peak else 0.0


@leaf_kernel
def hold(memory: Memory, time: float, strength: float, alerted: bool) -> None:
    """Remember a strength that was reported, and whether an alert opened by it."""
    words = memory.words
    now = _bucket(memory, time)
    if now > words[HOLD_AT] + HOLD_BUCKETS or now < words[HOLD_AT]:
        for j in range(HOLD_BUCKETS):
            memory.floats[HOLD + j] = 0
    else:
        for j in range(int(words[HOLD_AT]) + 1, int(now) + 1):
            memory.floats[HOLD + j % HOLD_BUCKETS] = 0
    words[HOLD_AT] = now
    at = HOLD + int(now) % HOLD_BUCKETS
    memory.floats[at] = max(memory.floats[at], strength)
    if alerted:
        words[LAST_ALERT] = time
