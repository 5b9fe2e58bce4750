"""The incident of an alert: it goes on while values stay away from what was expected as it began.

Level, season and ranks get used to an incident: by the minute, an hour of an outage is no longer rare. So
what was expected is remembered for three days. Meanwhile a value goes on with the incident, and scores 60, if
it is away from that, on either side, by

- more than three of the deviations that were usual then, or of those at this hour of the day if these are
  less, and
- at least half as far as the value that began it: in proportion, if the expected value is smaller now, as at
  night.

So values that were a little away before the alert do not go on with it. Five values in a row that are back
end the incident, and ``drift`` forgets it. A level that stays away for longer is a drift. A value that is
usual for its hour begins none: after an outage of days, it is the level that is not usual. For the same
reason, what was expected before an incident is known for as long again: a value near it begins none, and one
that is nearer to it than to what is expected by then is away from it. A usual value has it as its expected
value, if it is nearer to it: after an outage of days, level and season are still those of the outage.

Nothing else that is learned depends on it, nor does the alert score: it opens no alert.
"""

from anomaly_stream.detectors.models.views.forecasts import (
    LEVEL_S,
    OF_ERROR,
    Forecasts,
    hour_of_day,
    usual_deviation,
)
from anomaly_stream.detectors.models.views.remembered import DEVIATIONS, continued, is_remembered, remember
from anomaly_stream.detectors.models.views.state import (
    AWAY_OF_DAY,
    BEGUN,
    EXPECTED,
    HOUR_COUNTS,
    HOUR_SCALES,
    INCIDENT,
    INCIDENT_BACK,
    INCIDENT_DISTANCE,
    INCIDENT_LEVEL,
    SLOPE,
    USUAL,
    ModelState,
)
from anomaly_stream.detectors.models.views.views import HOUR_KNOWN
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION

_BACK = 5.0
_OF_DISTANCE = 0.5
_KNOWN_S = 2 * LEVEL_S


@leaf_kernel
def _is_open(state: ModelState, time: float) -> bool:
    return is_remembered(state, INCIDENT, time) and bool(state.doubles[INCIDENT_BACK] < _BACK)


@leaf_kernel
def least_away(state: ModelState, time: float, found: Forecasts) -> float:
    """How far from what was expected a value goes on with the incident, at least."""
    doubles, hour = state.doubles, hour_of_day(time)
    usual = float(doubles[INCIDENT + USUAL])
    if state.floats[HOUR_COUNTS + hour] >= HOUR_KNOWN:
        usual = min(usual, float(OF_ERROR * doubles[HOUR_SCALES + hour]))
    expected, begun = abs(continued(state, INCIDENT, time, found)), abs(doubles[INCIDENT + EXPECTED])
    least = _OF_DISTANCE * doubles[INCIDENT_DISTANCE]
    if expected < begun:
        least *= expected / begun
    return float(max(DEVIATIONS * usual, least))


@leaf_kernel
def goes_on(state: ModelState, time: float, x: float, found: Forecasts) -> bool:
    """Whether a normalised value goes on with the incident."""
    if not _is_open(state, time):
        return False
    away = abs(x - continued(state, INCIDENT, time, found)) - RESOLUTION * abs(x)
    return bool(away > least_away(state, time, found))


@leaf_kernel
def before_incident(state: ModelState, time: float, found: Forecasts) -> float:
    """What was expected before the last incident as long as it is known, and then what is expected now."""
    begun = state.doubles[INCIDENT + BEGUN]
    if begun == 0.0 or time - begun >= _KNOWN_S:
        return found.expected
    return continued(state, INCIDENT, time, found)


@leaf_kernel
def learn_incident(
    state: ModelState, time: float, x: float, found: Forecasts, lasts: bool, alerted: bool
) -> None:
    """Begin an incident with a value that ``alerted``, or count one with which it ``lasts`` or not.

    Before the value is learned.
    """
    doubles = state.doubles
    if _is_open(state, time):
        doubles[INCIDENT_BACK] = 0.0 if lasts else doubles[INCIDENT_BACK] + 1.0
        if doubles[INCIDENT_BACK] < _BACK:
            return
        doubles[AWAY_OF_DAY] = doubles[INCIDENT_LEVEL]
    if alerted:
        _begin(state, time, x, found)


@leaf_kernel
def _begin(state: ModelState, time: float, x: float, found: Forecasts) -> None:
    doubles, deviation = state.doubles, usual_deviation(state)
    now, before = abs(x - found.expected), abs(x - before_incident(state, time, found))
    if min(now, before, abs(x - found.day), abs(x - found.week)) <= DEVIATIONS * deviation:
        return
    if now <= before:
        remember(state, INCIDENT, time, found, deviation)
        doubles[INCIDENT + SLOPE] = 0.0
    doubles[INCIDENT + BEGUN] = time
    doubles[INCIDENT_DISTANCE] = min(now, before)
    doubles[INCIDENT_BACK] = 0.0
    doubles[INCIDENT_LEVEL] = doubles[AWAY_OF_DAY]
