"""Values that are known: how often a value like it came although another one was expected.

The rank of a view compares distances. A rare value that comes again and again, such as a fall of a ratio to
75, is never expected, and the furthest of its distances are rare each time. So *levels* of unexpected values
are kept, with the number of times that such a value came: k of n. P of the first four views of a value at a
level is at most

    -log10((k - spare) / (n + 1))

Some levels are exact: the lowest and the highest value so far, as in an outage or at a ratio of 0. Of those
the first time is spared, as it says nothing of how often they come: a third outage to the same value is
still rare. At the others a value may differ by 3 usual deviations, and six times are spared: values of a few
incidents may be alike. A level moves to the mean of its values; a new one takes the place of the rarest.

A value is unexpected if it is more than 3 usual errors from the expected one; an exception (``forecasts``) is
not expected. What lasts counts once, when it begins. If a season expects a value at the level, such as 0 at
night, k is halved: at noon it is no more common for that.
"""

from math import inf, log10

from anomaly_stream.detectors.models.views.forecasts import Forecasts, usual_deviation
from anomaly_stream.detectors.models.views.state import (
    AT_HIGHEST,
    AT_LOWEST,
    ERROR,
    HIGHEST,
    KNOWN_AT,
    KNOWN_FIELDS,
    KNOWN_LEVEL,
    KNOWN_LEVELS,
    KNOWN_TIMES,
    LAST_VALUE,
    LOWEST,
    ROWS,
    SCALES,
    SECOND_HIGHEST,
    SECOND_LOWEST,
    ModelState,
)
from anomaly_stream.detectors.models.views.views import SixFloats
from anomaly_stream.kernels.jit import leaf_kernel

_UNEXPECTED, _NEAR = 3.0, 3.0
_SPARE_OF_LIMIT, _SPARE = 1.0, 6.0


@leaf_kernel
def _most(state: ModelState, times: float, spare: float) -> float:
    """The most that P may be at a level."""
    return -log10((times - spare) / (float(state.doubles[ROWS]) + 1.0)) if times > spare else inf


@leaf_kernel
def _level_of(state: ModelState, x: float, near: float) -> int:
    """Where the level of a value is kept, of several the one with the most times; -1 if there is none."""
    doubles, found, most = state.doubles, -1, 0.0
    for at in range(KNOWN_AT, KNOWN_AT + KNOWN_LEVELS * KNOWN_FIELDS, KNOWN_FIELDS):
        if doubles[at + KNOWN_TIMES] > most and abs(x - doubles[at + KNOWN_LEVEL]) <= near:
            found, most = at, float(doubles[at + KNOWN_TIMES])
    return found


@leaf_kernel
def limited(state: ModelState, x: float, ranks: SixFloats) -> SixFloats:
    """The ranks of a normalised value: at a level, no rarer than unexpected values there."""
    doubles, most = state.doubles, inf
    if x == doubles[LOWEST]:
        most = _most(state, float(doubles[AT_LOWEST]), _SPARE_OF_LIMIT)
    elif x == doubles[HIGHEST]:
        most = _most(state, float(doubles[AT_HIGHEST]), _SPARE_OF_LIMIT)
    at = _level_of(state, x, _NEAR * usual_deviation(state))
    if at >= 0:
        most = min(most, _most(state, float(doubles[at + KNOWN_TIMES]), _SPARE))
    change, error, day_distance, ratio, spread, shift = ranks
    return min(change, most), min(error, most), min(day_distance, most), min(ratio, most), spread, shift


@leaf_kernel
def _times(times: float, unexpected: bool) -> float:
    """The times of a level to which the series has come."""
    return times + 1.0 if unexpected else 0.5 * times


@leaf_kernel
def _learn_limits(state: ModelState, x: float, unexpected: bool) -> None:
    doubles = state.doubles
    doubles[SECOND_LOWEST] = min(doubles[SECOND_LOWEST], max(doubles[LOWEST], x))
    doubles[SECOND_HIGHEST] = max(doubles[SECOND_HIGHEST], min(doubles[HIGHEST], x))
    if x < doubles[LOWEST]:
        doubles[LOWEST], doubles[AT_LOWEST] = x, 0.0
    if x > doubles[HIGHEST]:
        doubles[HIGHEST], doubles[AT_HIGHEST] = x, 0.0
    if x == doubles[LAST_VALUE]:
        return
    if x == doubles[LOWEST]:
        doubles[AT_LOWEST] = _times(doubles[AT_LOWEST], unexpected)
    if x == doubles[HIGHEST]:
        doubles[AT_HIGHEST] = _times(doubles[AT_HIGHEST], unexpected)


@leaf_kernel
def _rarest(state: ModelState) -> int:
    """The place with the fewest times."""
    rarest = KNOWN_AT
    for at in range(KNOWN_AT, KNOWN_AT + KNOWN_LEVELS * KNOWN_FIELDS, KNOWN_FIELDS):
        if state.doubles[at + KNOWN_TIMES] < state.doubles[rarest + KNOWN_TIMES]:
            rarest = at
    return rarest


@leaf_kernel
def learn_known(state: ModelState, x: float, found: Forecasts) -> None:
    """Learn a value that is not the first, before ``LAST_VALUE`` is this one."""
    doubles = state.doubles
    unexpected = abs(x - found.expected) > _UNEXPECTED * doubles[SCALES + ERROR]
    _learn_limits(state, x, unexpected)
    near = _NEAR * usual_deviation(state)
    at = _level_of(state, x, near)
    if at < 0:
        if unexpected:
            at = _rarest(state)
            doubles[at + KNOWN_LEVEL], doubles[at + KNOWN_TIMES] = x, 1.0
        return
    if abs(doubles[LAST_VALUE] - doubles[at + KNOWN_LEVEL]) <= near:
        return
    times = _times(doubles[at + KNOWN_TIMES], unexpected)
    doubles[at + KNOWN_TIMES] = times
    if unexpected:
        doubles[at + KNOWN_LEVEL] += (x - doubles[at + KNOWN_LEVEL]) / times
