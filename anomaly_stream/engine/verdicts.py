"""Kernels that fill a verdict, a record of ``layout.VERDICT``."""

from typing import Any

import numpy as np

from anomaly_stream.alerts.lifecycle import NONE, RESOLVED
from anomaly_stream.engine.scoring import detector_tail
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

STATUS_LEARNING, STATUS_NORMAL, STATUS_ANOMALY = range(3)


@kernel
def write_frame(verdict: Any, row: Any, status: int) -> None:
    """A verdict without statistics, and without an alert."""
    verdict.config = row.config
    verdict.status = status
    verdict.expected = np.nan
    verdict.lower = np.nan
    verdict.upper = np.nan
    verdict.score = np.nan
    verdict.severity = 0
    verdict.detector_statistic[:] = np.nan
    verdict.detector_p[:] = np.nan
    verdict.transition = NONE


@kernel
def write_alert(verdict: Any, alert: Any, transition: int) -> None:
    """The episode as it stands, where an alert is open or just resolved."""
    shown = alert.open or transition == RESOLVED
    verdict.transition = transition
    verdict.alert_severity = alert.severity if shown else 0
    verdict.alert_start = alert.start if shown else np.nan
    verdict.alert_end = alert.end if shown else np.nan
    verdict.alert_peak_score = alert.peak_score if shown else np.nan
    verdict.alert_peak_value = alert.peak_value if shown else np.nan
    verdict.alert_count = alert.count if shown else 0


@kernel
def write_statistics(
    verdict: Any,
    value: float,
    found: float,
    lower: float,
    upper: float,
    baseline: Baseline,
    config: Any,
) -> None:
    """Baseline, band, score and each detector's evidence."""
    verdict.expected = baseline.median
    verdict.lower = lower
    verdict.upper = upper
    verdict.score = found
    for number in range(len(verdict.detector_p)):
        if (config.detectors >> number) & 1:
            statistic, p = detector_tail(number, value, baseline, config.direction)
            verdict.detector_statistic[number] = statistic
            verdict.detector_p[number] = p
