"""The kernels that update the stateful detectors of a config beside the window."""

from typing import Any

from anomaly_stream.detectors.stateful import dispatch
from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline


@kernel
def learn_detectors(
    config: Any, instant: Instant, value: float, entering: float, baseline: Baseline, typical: bool
) -> None:
    """Update the stateful detectors with a seasonally adjusted value, and with the value that enters the
    window.

    A value that is not ``typical`` does not enter it. The calibrator leaves it out too.
    """
    number = 0
    left = config.stateful
    while left > 0:
        if left & 1 and (typical or number != config.calibrator):
            start = config.detector_at[number]
            own_state = instant.detector_state[start : start + config.detector_words[number]]
            if (config.unadjusted >> number) & 1:
                dispatch.learn(number, own_state, instant.time, instant.value, instant.value, baseline)
            else:
                dispatch.learn(number, own_state, instant.time, value, entering, baseline)
        left >>= 1
        number += 1


@kernel
def forget_tail(config: Any, row_state: Floats) -> None:
    """Begin the tail of the calibrator again: its peaks are errors of forecasts with another season."""
    start = config.detector_at[config.calibrator]
    row_state[start : start + config.detector_words[config.calibrator]] = 0.0
