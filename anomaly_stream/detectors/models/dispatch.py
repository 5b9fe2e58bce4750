"""Models, and the kernels that call one of them by number.

A model is a complete baseline of its own: it has no window, it receives unclipped values, and it decides what
it learns from an anomaly. Its module holds its entry in the registry, ``WORDS`` and eight kernels:

``NUMBER``, ``DETECTOR``: its number and its entry.

``WORDS``: the length of its state in float64 words.

``evaluate(state, time, value) -> Evaluation``: pure, called before the value is learned.

``band(state, time, found, sensitivity) -> (lower, upper)``: pure, for the same value, called only for
verdicts that are published: the nearest value on each side of the expected one with a score of
``sensitivity`` or more.

``learn(state, time, value, found, counted, alerted)``: called afterwards. ``found`` is the evaluation of the
value. ``counted``: the value was judged (not only learned) and passed the config's ``direction`` and
``min_deviation``. ``alerted``: its alert score reached the alert threshold.

``is_way_back(state, time, value, found, direction) -> bool``: pure, for the same value, called only if the
config has a one-sided ``direction`` (1, -1) and value and evidence lie there: whether the value is only back
from an excursion to the other side.

``remember(state, time, value, found, direction)``: called before ``learn`` for a value that was judged, only
if the config has a one-sided ``direction``: learns what the way back from an excursion is.

``level(state, value, found) -> Level``: pure, for the same value, called only while an alert begins or lasts.

``is_nonnegative(state, value) -> bool``: pure, for the same value, called with ``band``: whether neither it
nor any value before it is below 0, by more than rounding.

``usual_step(state) -> float``: the usual time between two values in seconds.

Zeros are a fresh state; the first word counts the values learned.
"""

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models import auto
from anomaly_stream.detectors.models.reasons import DISTANCE
from anomaly_stream.detectors.models.views.evaluation import nothing_seen
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation
from anomaly_stream.model.level import Level

DETECTORS: tuple[Detector, ...] = (auto.DETECTOR,)


@leaf_kernel
def evaluate(number: int, state: Floats, time: float, value: float) -> Evaluation:
    """The evaluation by model ``number``; its score is NaN for any other number."""
    if number == auto.NUMBER:
        return auto.evaluate(state, time, value)
    return Evaluation(np.nan, np.nan, np.nan, value, 0.0, DISTANCE, 1, 0.0, nothing_seen(value))


@leaf_kernel
def band(
    number: int, state: Floats, time: float, found: Evaluation, sensitivity: float
) -> tuple[float, float]:
    """Lower and upper edge of the band of model ``number``; NaN for any other number."""
    if number == auto.NUMBER:
        return auto.band(state, time, found, sensitivity)
    return np.nan, np.nan


@leaf_kernel
def learn(
    number: int,
    state: Floats,
    time: float,
    value: float,
    found: Evaluation,
    counted: bool,
    alerted: bool,
) -> None:
    """Update the state of model ``number``; any other number changes nothing."""
    if number == auto.NUMBER:
        auto.learn(state, time, value, found, counted, alerted)


@leaf_kernel
def is_way_back(
    number: int, state: Floats, time: float, value: float, found: Evaluation, direction: int
) -> bool:
    """Whether by model ``number`` the value is only back; not by any other number."""
    if number == auto.NUMBER:
        return auto.is_way_back(state, time, value, found, direction)
    return False


@leaf_kernel
def remember(
    number: int, state: Floats, time: float, value: float, found: Evaluation, direction: int
) -> None:
    """Let model ``number`` remember an excursion; any other number changes nothing."""
    if number == auto.NUMBER:
        auto.remember(state, time, value, found, direction)


@leaf_kernel
def level(number: int, state: Floats, value: float, found: Evaluation) -> Level:
    """The level by model ``number``; for any other number, the value is what is usual."""
    if number == auto.NUMBER:
        return auto.level(state, value, found)
    return Level(value, value, 0.0, False)


@leaf_kernel
def is_nonnegative(number: int, state: Floats, value: float) -> bool:
    """Whether model ``number`` knows no value below 0; False for any other number."""
    if number == auto.NUMBER:
        return auto.is_nonnegative(state, value)
    return False


@leaf_kernel
def usual_step(number: int, state: Floats) -> float:
    """The usual time between two values by model ``number``, in seconds; 0 for any other number."""
    if number == auto.NUMBER:
        return auto.usual_step(state)
    return 0.0
