"""The kernels that judge one value against its window, and move its alert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE, count_anomaly, count_normal
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.engine.band import band, effect
from anomaly_stream.engine.layout import PUBLISH_ALL, PUBLISH_NONE, Bands
from anomaly_stream.engine.scoring import score, seen_before
from anomaly_stream.engine.verdicts import (
    STATUS_ANOMALY,
    STATUS_NORMAL,
    write_alert,
    write_frame,
    write_statistics,
)
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import NOBODY, settle
from anomaly_stream.model.baseline import Baseline

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, REPLAYED, MINOR, MODERATE, SEVERE = range(10)
COUNTERS = 10


@kernel
def severity_of(found: float, reach: float, bands: Bands) -> int:
    """Severity of an anomaly with this score and effect; see ``SeverityBands``."""
    if found >= bands.severe and reach >= bands.severe_effect:
        return 3
    return 2 if found >= bands.moderate else 1


@kernel
def _damped(row: Any, value: float, lower: float, upper: float, side: int, relearn_after: int) -> float:
    """What of an anomaly enters the window: its clip to the band, until it is one of a lasting new level."""
    row.run = row.run + side if row.run * side > 0 else side
    if abs(row.run) > relearn_after:
        return value
    return max(lower, min(upper, value))


@kernel
def _own_band(
    value: float, anomalous: bool, row: Any, pool: Pool, baseline: Baseline, config: Any
) -> tuple[float, float]:
    """The band, moved by an ulp or so where rounding would put the value on the wrong side of its edge."""
    lower, upper = band(row, pool, baseline, config)
    if not anomalous:
        return min(lower, value), max(upper, value)
    if value > baseline.median:
        return lower, min(upper, np.nextafter(value, -np.inf))
    return max(lower, np.nextafter(value, np.inf)), upper


@kernel
def judge(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    verdict: Any,
    counts: NDArray[np.int64],
    leaving: int,
) -> tuple[float, bool, int]:
    """Score a value against its window, of which the sorted value at ``leaving`` is no part.

    Returns what of it enters, whether ``verdict`` is filled, and what is still leaving.
    """
    counts[SCORED] += 1
    everything = config.publish == PUBLISH_ALL
    transition = NONE
    known = not everything and seen_before(value, row, pool, config, leaving)
    if known:
        row.run = 0
        transition = count_normal(alert, config.resolve_after)
        if transition == NONE:
            return value, False, leaving
    settle(row, pool, leaving)
    baseline = describe(row, pool)
    found = score(value, row, pool, baseline, config)
    anomalous = not known and found >= config.sensitivity
    if not known and not anomalous:
        row.run = 0
        transition = count_normal(alert, config.resolve_after)
        if not everything and transition == NONE:
            return value, False, NOBODY
    lower, upper = _own_band(value, anomalous, row, pool, baseline, config)
    write_frame(verdict, row, STATUS_ANOMALY if anomalous else STATUS_NORMAL)
    write_statistics(verdict, value, found, lower, upper, baseline, config)
    entering = value
    if anomalous:
        deviation = abs(value - baseline.median)
        side = 1 if value > baseline.median else -1
        severity = severity_of(found, effect(value, baseline.median, upper if side > 0 else lower), bands)
        counts[MINOR + severity - 1] += 1
        verdict.severity = severity
        transition = count_anomaly(
            alert, time, value, deviation, found, severity, config.alert_score, bands.escalate_after
        )
        entering = _damped(row, value, lower, upper, side, config.relearn_after)
    write_alert(verdict, alert, transition)
    verdict.publish = everything or (anomalous and config.publish != PUBLISH_NONE)
    return entering, True, NOBODY
