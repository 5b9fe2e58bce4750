"""Kernels that fill a verdict, a record of ``layout.VERDICT``."""

from typing import Any

import numpy as np

from anomaly_stream.alerts.lifecycle import NONE, RESOLVED
from anomaly_stream.engine.plan.dtypes import Moment
from anomaly_stream.engine.scoring.band import own_side
from anomaly_stream.engine.scoring.score import LEVELS, Finding, detector_tail
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
    verdict.alert_score = np.nan
    verdict.maturity = np.nan
    verdict.severity = 0
    verdict.speaker = LEVELS
    verdict.reason = 0
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
def write_band(
    verdict: Any, expected: float, lower: float, upper: float, value: float, outside: bool
) -> None:
    """Expected value and band; ``outside`` is on which side of it the value is to lie."""
    verdict.expected = expected
    verdict.lower, verdict.upper = own_side(lower, upper, expected, value, outside)


@kernel
def write_evidence(
    verdict: Any, value: float, found: Finding, baseline: Baseline, config: Any, moment: Moment
) -> None:
    """The score, and what each detector has to say of the (adjusted) value."""
    verdict.score = found.score
    verdict.alert_score = found.score
    verdict.speaker = found.speaker
    for number in range(len(verdict.detector_p)):
        if (config.detectors >> number) & 1:
            statistic, p = detector_tail(number, value, baseline, config, moment)
            verdict.detector_statistic[number] = statistic
            verdict.detector_p[number] = p
