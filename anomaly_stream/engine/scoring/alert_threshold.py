"""Kernels for the alert threshold of a row: that of its config, or one by the row's own step.

``max_false_alarms`` without a step gives each row the threshold that promises the rate at the usual step of
the row: the mean step of the values in its window, or the step that its model has learned. It is computed
where it is needed, from the state before the value.
"""

from typing import Any

import numpy as np

from anomaly_stream.detectors.models import dispatch
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.horizon import mean_step
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.registry.promised_alerts import threshold_at

_threshold_at = kernel(threshold_at)


@kernel
def _threshold(config: Any, step_s: float) -> float:
    return _threshold_at(config.alert_score, config.rate_by_own_step, step_s, config.model >= 0)


@kernel
def threshold_of_window(row: Any, pool: Pool, config: Any) -> float:
    """The threshold of a row that has a window."""
    if config.rate_by_own_step <= 0.0:
        return float(config.alert_score)
    return _threshold(config, mean_step(row, pool))


@kernel
def threshold_of_model(own_state: Floats, config: Any) -> float:
    """The threshold of a row whose model has the state ``own_state``."""
    if config.rate_by_own_step <= 0.0:
        return float(config.alert_score)
    return _threshold(config, dispatch.usual_step(config.model, own_state))


@kernel
def steps_and_thresholds(
    rows: Records, numbers: Integers, pool: Pool, detector_state: Floats, configs: Records
) -> tuple[Floats, Floats]:
    """Usual steps and alert thresholds of the rows ``numbers``, each of which is judged."""
    steps, thresholds = np.zeros(len(numbers)), np.zeros(len(numbers))
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        config = configs[row.config]
        if config.model >= 0:
            start = row.segment * LINE + config.detector_at[config.model]
            own_state = detector_state[start : start + config.detector_words[config.model]]
            steps[i] = dispatch.usual_step(config.model, own_state)
        else:
            steps[i] = mean_step(row, pool)
        thresholds[i] = _threshold(config, steps[i])
    return steps, thresholds
