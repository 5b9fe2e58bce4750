"""Kernels that fill a verdict, a record of ``dtypes.VERDICT``, except for the decision's fields."""

from typing import Any

import numpy as np

from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.band import least_shown, own_side
from anomaly_stream.engine.scoring.score import POINT_DETECTORS, WindowScore, detector_tail
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import UNBOUNDED
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
    verdict.side = 0
    verdict.detector_statistic[:] = np.nan
    verdict.detector_p[:] = np.nan


@kernel
def write_band(
    verdict: Any,
    expected: float,
    lower: float,
    upper: float,
    value: float,
    outside: bool,
    nonnegative: bool,
) -> None:
    """Set expected value and band. ``outside``: the value must be outside of the band. ``nonnegative``: the
    series has never been below 0."""
    lower, upper = own_side(lower, upper, expected, value, outside)
    least = least_shown(upper, value, nonnegative)
    verdict.expected = max(expected, least)
    verdict.lower = lower if lower == -UNBOUNDED else max(lower, least)
    verdict.upper = upper


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
    source, distance = found.source_detector, value - baseline.median
    signed = distance if source == POINT_DETECTORS else verdict.detector_statistic[source]
    verdict.side = 1 if signed > 0.0 else -1
