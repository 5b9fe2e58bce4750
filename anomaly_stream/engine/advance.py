"""The engine's kernels: one observation, and a batch of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE, RESOLVED, count_anomaly, count_normal
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.engine.band import LARGEST, edge, effect
from anomaly_stream.engine.layout import (
    PUBLISH_ALL,
    PUBLISH_NONE,
    Bands,
    Batch,
    Records,
    State,
    Verdicts,
)
from anomaly_stream.engine.scoring import detector_tail, score, seen_before
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.memory import prefetch
from anomaly_stream.kernels.window import enter, expire
from anomaly_stream.model.baseline import Baseline

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, REPLAYED, MINOR, MODERATE, SEVERE = range(10)
COUNTERS = 10
_STATUS_LEARNING, _STATUS_NORMAL, _STATUS_ANOMALY = range(3)
_AHEAD = 4


@kernel
def severity_of(found: float, reach: float, bands: Bands) -> int:
    """Severity of an anomaly with this score and effect; see ``SeverityBands``."""
    if found >= bands.severe and reach >= bands.severe_effect:
        return 3
    return 2 if found >= bands.moderate else 1


@kernel
def _write_frame(out: Verdicts, at: int, observation: int, number: int, row: Any, status: int) -> None:
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
def _write_alert(out: Verdicts, at: int, alert: Any, transition: int) -> None:
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
def _write_statistics(
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


@kernel
def _damped(row: Any, value: float, lower: float, upper: float, side: int, relearn_after: int) -> float:
    """What of an anomaly enters the window: its clip to the band, until it is one of a lasting new level."""
    row.run = row.run + side if row.run * side > 0 else side
    if abs(row.run) > relearn_after:
        return value
    return max(lower, min(upper, value))


@kernel
def _judge(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    out: Verdicts,
    at: int,
    observation: int,
    number: int,
    counts: NDArray[np.int64],
) -> tuple[float, bool]:
    """Score a value against its window; returns what of it enters, and whether a verdict stands at ``at``."""
    counts[SCORED] += 1
    everything = config.publish == PUBLISH_ALL
    found = 0.0
    if everything or not seen_before(value, row, pool, config):
        baseline = describe(row, pool)
        found = score(value, row, pool, baseline, config)
        if found >= config.sensitivity:
            return _record_anomaly(
                row,
                alert,
                pool,
                config,
                bands,
                time,
                value,
                found,
                baseline,
                out,
                at,
                observation,
                number,
                counts,
            ), True
    row.run = 0
    transition = count_normal(alert, config.resolve_after)
    if not everything and transition == NONE:
        return value, False
    baseline = describe(row, pool)
    found = score(value, row, pool, baseline, config)
    lower = min(value, edge(row, pool, baseline, config, -1))
    upper = max(value, edge(row, pool, baseline, config, 1))
    _write_frame(out, at, observation, number, row, _STATUS_NORMAL)
    _write_statistics(out, at, value, found, lower, upper, baseline, config)
    _write_alert(out, at, alert, transition)
    out.publish[at] = everything
    return value, True


@kernel
def _record_anomaly(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    found: float,
    baseline: Baseline,
    out: Verdicts,
    at: int,
    observation: int,
    number: int,
    counts: NDArray[np.int64],
) -> float:
    """Write the verdict on an anomaly and move its alert; returns what of the value enters the window."""
    side = 1 if value > baseline.median else -1
    lower = edge(row, pool, baseline, config, -1)
    upper = edge(row, pool, baseline, config, 1)
    if side > 0 and value <= upper:
        upper = np.nextafter(value, -np.inf)
    if side < 0 and value >= lower:
        lower = np.nextafter(value, np.inf)
    reach = effect(value, baseline.median, upper if side > 0 else lower)
    severity = severity_of(found, reach, bands)
    counts[MINOR + severity - 1] += 1
    transition = count_anomaly(
        alert,
        time,
        value,
        abs(value - baseline.median),
        found,
        severity,
        config.alert_score,
        bands.escalate_after,
    )
    _write_frame(out, at, observation, number, row, _STATUS_ANOMALY)
    _write_statistics(out, at, value, found, lower, upper, baseline, config)
    _write_alert(out, at, alert, transition)
    out.severity[at] = severity
    out.publish[at] = config.publish != PUBLISH_NONE
    return _damped(row, value, lower, upper, side, config.relearn_after)


@kernel
def observe(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    learn: bool,
    out: Verdicts,
    at: int,
    observation: int,
    number: int,
    counts: NDArray[np.int64],
) -> bool:
    """Take one observation into one row; True where a verdict stands at ``at``.

    Time rises within a row: an observation at its last time is a duplicate, an earlier one late; both are dropped.
    """
    if time <= row.last_time:
        counts[DUPLICATE if time == row.last_time else LATE] += 1
        return False
    row.last_time = time
    row.dirty = 1
    expire(row, pool, time - config.period, config.capacity)
    entering = max(-LARGEST, min(LARGEST, value)) + 0.0
    written = False
    if learn or row.count < 2 or row.count * row.stride < config.min_observations:
        counts[LEARNED if learn else LEARNING] += 1
        if config.publish == PUBLISH_ALL:
            _write_frame(out, at, observation, number, row, _STATUS_LEARNING)
            _write_alert(out, at, alert, NONE)
            out.publish[at] = True
            written = True
    else:
        entering, written = _judge(
            row, alert, pool, config, bands, time, entering, out, at, observation, number, counts
        )
    enter(row, pool, time, entering, config.capacity)
    return written


@kernel
def advance(
    configs: Records,
    bands: Bands,
    state: State,
    pool: Pool,
    batch: Batch,
    source: int,
    begin: int,
    filled: int,
    most_rows: int,
    most_places: int,
    out: Verdicts,
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Take a batch from observation ``begin`` on; returns where it stopped and how many verdicts stand in ``out``.

    It stops early where the next observation might not find room: for ``most_rows`` verdicts (the rows
    of a series at most) in ``out``, or for ``most_places`` places in the pool.
    """
    total = len(batch.series)
    for i in range(begin, total):
        if filled + most_rows > len(out.row) or pool.free[0] + most_places > len(pool.time):
            return i, filled
        number = state.first_row[batch.series[i]]
        if number < 0:
            counts[UNMATCHED] += 1
        while number >= 0:
            row = state.rows[number]
            if batch.offset[i] <= state.replayed[number, source]:
                counts[REPLAYED] += 1
            else:
                state.included[number, source] = batch.offset[i]
                filled += observe(
                    row,
                    state.alerts[number],
                    pool,
                    configs[row.config],
                    bands,
                    batch.timestamp[i],
                    batch.value[i],
                    batch.learn[i],
                    out,
                    filled,
                    i,
                    number,
                    counts,
                )
            number = row.next
    return total, filled
