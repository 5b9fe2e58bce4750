"""Stateful detectors, and the kernels that call one of them by number.

The module of a stateful detector holds its entry in the registry, ``WORDS`` and two kernels:

``NUMBER``, ``DETECTOR``: its number and its entry.

``WORDS``: the length of its state in float64 words.

``evaluate(state, time, value, baseline) -> (statistic, deviate)``: pure, called before the value enters the
window. As for window detectors, ``deviate`` is the standard normal deviate with the tail probability that the
detector's own model gives. NaN means that the detector cannot judge yet.

``learn(state, time, value, entering, baseline)``: called after the value was judged, or instead of that.
``entering`` is the value as it entered the window: an anomaly is clipped to the band.

``state`` is the detector's own part of the row's state; zeros are a fresh state. Values are adjusted to the
season if the config has one and the detector is not ``unadjusted``. ``baseline`` is that of the window before
the value enters; while the window holds fewer than two points its ``count`` is 0 and its location is the
value.
"""

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful import cusum, ewma, flat_line, missing_data, rate_of_change, spot
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

DETECTORS: tuple[Detector, ...] = (
    ewma.DETECTOR,
    cusum.DETECTOR,
    flat_line.DETECTOR,
    missing_data.DETECTOR,
    rate_of_change.DETECTOR,
    spot.DETECTOR,
)


@kernel
def evaluate(
    number: int, state: Floats, time: float, value: float, baseline: Baseline
) -> tuple[float, float]:
    """Statistic and normal deviate of stateful detector ``number``.

    NaN while it cannot judge yet, and for any other number.
    """
    if number == ewma.NUMBER:
        return ewma.evaluate(state, time, value, baseline)
    if number == cusum.NUMBER:
        return cusum.evaluate(state, time, value, baseline)
    if number == flat_line.NUMBER:
        return flat_line.evaluate(state, time, value, baseline)
    if number == missing_data.NUMBER:
        return missing_data.evaluate(state, time, value, baseline)
    if number == rate_of_change.NUMBER:
        return rate_of_change.evaluate(state, time, value, baseline)
    if number == spot.NUMBER:
        return spot.evaluate(state, time, value, baseline)
    return np.nan, np.nan


@kernel
def learn(number: int, state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Update the state of stateful detector ``number``; any other number changes nothing."""
    if number == ewma.NUMBER:
        ewma.learn(state, time, value, entering, baseline)
    elif number == cusum.NUMBER:
        cusum.learn(state, time, value, entering, baseline)
    elif number == flat_line.NUMBER:
        flat_line.learn(state, time, value, entering, baseline)
    elif number == missing_data.NUMBER:
        missing_data.learn(state, time, value, entering, baseline)
    elif number == rate_of_change.NUMBER:
        rate_of_change.learn(state, time, value, entering, baseline)
    elif number == spot.NUMBER:
        spot.learn(state, time, value, entering, baseline)
