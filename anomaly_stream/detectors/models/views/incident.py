"""The incident of an alert: it goes on while values stay away from what was expected as it began.

Level, season and ranks get used to an incident: by the minute, an hour of an outage is no longer rare. So
what was expected is remembered for three days. Meanwhile a value on the side of the alert goes on with the
incident, and scores 60, if it is away from that by more than three of the deviations that were usual then, or
of those at this hour of the day if these are less. Five values in a row that are back end the incident, and
``drift`` forgets it. A level that stays away for longer is a drift. A value that is usual for its hour begins
none: after an outage of days, it is the level that is not usual.

Nothing else that is learned depends on it, nor does the alert score: it opens no alert.
"""

from anomaly_stream.detectors.models.views.forecasts import OF_ERROR, Forecasts, hour_of_day, usual_deviation
from anomaly_stream.detectors.models.views.remembered import DEVIATIONS, beyond, is_remembered, remember
from anomaly_stream.detectors.models.views.state import (
    AWAY_OF_DAY,
    BEGUN,
    HOUR_COUNTS,
    HOUR_SCALES,
    INCIDENT,
    INCIDENT_BACK,
    INCIDENT_LEVEL,
    INCIDENT_SIDE,
    USUAL,
    ModelState,
)
from anomaly_stream.detectors.models.views.views import HOUR_KNOWN
from anomaly_stream.kernels.jit import leaf_kernel

_BACK = 5


@leaf_kernel
def goes_on(state: ModelState, time: float, x: float, found: Forecasts) -> bool:
    """Whether a normalised value goes on with the incident."""
    doubles, hour = state.doubles, hour_of_day(time)
    if not is_remembered(state, INCIDENT, time):
        return False
    usual = float(doubles[INCIDENT + USUAL])
    if state.floats[HOUR_COUNTS + hour] >= HOUR_KNOWN:
        usual = min(usual, float(OF_ERROR * doubles[HOUR_SCALES + hour]))
    return beyond(state, INCIDENT, time, x, found, float(doubles[INCIDENT_SIDE])) > DEVIATIONS * usual


@leaf_kernel
def learn_incident(
    state: ModelState, time: float, x: float, found: Forecasts, lasts: bool, alerted: bool
) -> None:
    """Begin an incident with a value that ``alerted``, or count one with which it ``lasts`` or not.

    Before the value is learned.
    """
    doubles = state.doubles
    if is_remembered(state, INCIDENT, time):
        doubles[INCIDENT_BACK] = 0.0 if lasts else doubles[INCIDENT_BACK] + 1.0
        if doubles[INCIDENT_BACK] < _BACK:
            return
        doubles[INCIDENT + BEGUN] = 0.0
        doubles[AWAY_OF_DAY] = doubles[INCIDENT_LEVEL]
    if not alerted:
        return
    deviation = usual_deviation(state)
    if min(abs(x - found.expected), abs(x - found.day), abs(x - found.week)) > DEVIATIONS * deviation:
        remember(state, INCIDENT, time, found, deviation)
        doubles[INCIDENT_SIDE] = 1.0 if x > found.expected else -1.0
        doubles[INCIDENT_BACK] = 0.0
        doubles[INCIDENT_LEVEL] = doubles[AWAY_OF_DAY]
