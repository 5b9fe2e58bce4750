"""Kernels that write one verdict into the columns of an outcome."""

from typing import Any

import numpy as np

from anomaly_stream.alerts.lifecycle import NONE, RESOLVED
from anomaly_stream.engine.layout import Verdicts
from anomaly_stream.engine.scoring import detector_tail
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

STATUS_LEARNING, STATUS_NORMAL, STATUS_ANOMALY = range(3)


@kernel
def write_frame(out: Verdicts, at: int, observation: int, number: int, row: Any, status: int) -> None:
    """A verdict without statistics, and without an alert."""
    out.observation[at] = observation
    out.row[at] = number
    out.config[at] = row.config
    out.status[at] = status
    out.expected[at] = np.nan
    out.lower[at] = np.nan
    out.upper[at] = np.nan
    out.score[at] = np.nan
    out.severity[at] = 0
    out.detector_statistic[at] = np.nan
    out.detector_p[at] = np.nan
    out.transition[at] = NONE


@kernel
def write_alert(out: Verdicts, at: int, alert: Any, transition: int) -> None:
    """The episode as it stands, where an alert is open or just resolved."""
    shown = alert.open or transition == RESOLVED
    out.transition[at] = transition
    out.alert_severity[at] = alert.severity if shown else 0
    out.alert_start[at] = alert.start if shown else np.nan
    out.alert_end[at] = alert.end if shown else np.nan
    out.alert_peak_score[at] = alert.peak_score if shown else np.nan
    out.alert_peak_value[at] = alert.peak_value if shown else np.nan
    out.alert_count[at] = alert.count if shown else 0


@kernel
def write_statistics(
    out: Verdicts,
    at: int,
    value: float,
    found: float,
    lower: float,
    upper: float,
    baseline: Baseline,
    config: Any,
) -> None:
    """Baseline, band, score and each detector's evidence."""
    out.expected[at] = baseline.median
    out.lower[at] = lower
    out.upper[at] = upper
    out.score[at] = found
    for number in range(out.detector_p.shape[1]):
        if (config.detectors >> number) & 1:
            statistic, p = detector_tail(number, value, baseline, config.direction)
            out.detector_statistic[at, number] = statistic
            out.detector_p[at, number] = p
