"""Kernels that fill a verdict, a record of ``dtypes.VERDICT``, except for the decision's fields."""

from typing import Any

import numpy as np

from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.band import own_side
from anomaly_stream.engine.scoring.score import POINT_DETECTORS, WindowScore, detector_tail
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline


@kernel
def write_blank(verdict: Any, row: Any) -> None:
    """Set the verdict's config, and all statistics to NaN."""
    verdict.config = row.config
    verdict.expected = np.nan
    verdict.lower = np.nan
    verdict.upper = np.nan
    verdict.score = np.nan
    verdict.alert_score = np.nan
    verdict.alert_threshold = np.nan
    verdict.maturity = np.nan
    verdict.known_since = np.nan
    verdict.source_detector = POINT_DETECTORS
    verdict.reason = 0
    verdict.detector_statistic[:] = np.nan
    verdict.detector_p[:] = np.nan


@kernel
def write_band(
    verdict: Any, expected: float, lower: float, upper: float, value: float, outside: bool
) -> None:
    """Set expected value and band; ``outside`` is whether the value must be outside of the band."""
    verdict.expected = expected
    verdict.lower, verdict.upper = own_side(lower, upper, expected, value, outside)


@kernel
def write_evidence(
    verdict: Any, value: float, found: WindowScore, baseline: Baseline, config: Any, instant: Instant
) -> None:
    """Set the score, and the evidence of each detector on the seasonally adjusted value."""
    verdict.score = found.score
    verdict.alert_score = found.score
    verdict.source_detector = found.source_detector
    for number in range(len(verdict.detector_p)):
        if (config.detectors >> number) & 1:
            statistic, p = detector_tail(number, value, baseline, config, instant)
            verdict.detector_statistic[number] = statistic
            verdict.detector_p[number] = p
