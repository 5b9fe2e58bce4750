"""The way back: after an excursion to the side that a config does not watch, usual values are no news.

An outage moves level and line, so the first usual values after it are far above what is expected. To a config
that asks for values above, they are the way back. So what was expected as the excursion began is remembered
for three days. In this time a value is news only if it is also beyond that, by more than three of the
deviations that were usual then.

An excursion begins with a value whose vote would open an alert, three usual deviations from what is expected
or more. What lasts, such as a level that has moved away, begins none: after three days it is what is usual.
"""

from anomaly_stream.detectors.models.views.evaluation import Seen
from anomaly_stream.detectors.models.views.forecasts import Forecasts, usual_deviation
from anomaly_stream.detectors.models.views.remembered import DEVIATIONS, continued, is_remembered
from anomaly_stream.detectors.models.views.remembered import remember as remember_expected
from anomaly_stream.detectors.models.views.state import BACK, USUAL, ModelState
from anomaly_stream.detectors.models.views.strength import ALERT
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION


@leaf_kernel
def is_way_back(state: ModelState, time: float, x: float, found: Forecasts, direction: int) -> bool:
    """Whether a normalised value on the side of ``direction`` is only back from the other side."""
    if not is_remembered(state, BACK, time):
        return False
    beyond = (x - continued(state, BACK, time, found)) * direction - RESOLUTION * abs(x)
    return bool(beyond <= DEVIATIONS * state.doubles[BACK + USUAL])


@leaf_kernel
def remember(state: ModelState, time: float, x: float, seen: Seen, direction: int) -> None:
    """Remember what is expected if this value begins an excursion, before the value is learned."""
    found, deviation = seen.forecasts, usual_deviation(state)
    is_far = (found.expected - x) * direction > DEVIATIONS * deviation
    if seen.strength >= ALERT and is_far and not is_remembered(state, BACK, time):
        remember_expected(state, BACK, time, found, deviation)
