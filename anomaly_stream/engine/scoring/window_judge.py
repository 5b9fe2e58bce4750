"""The kernels that judge one value against its window and what its row remembers, and move its alert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import FIRING, NONE, RESOLVED, count_anomaly, count_normal
from anomaly_stream.baselines.rolling import describe
from anomaly_stream.engine.plan.dtypes import PUBLISH_ALL, PUBLISH_NONE, Bands, Moment
from anomaly_stream.engine.scoring.band import EFFECT_CAP, LARGEST, UNBOUNDED, band, effect, own_side
from anomaly_stream.engine.scoring.score import Finding, score, seen_before
from anomaly_stream.engine.scoring.verdicts import (
    STATUS_ANOMALY,
    STATUS_LEARNING,
    STATUS_NORMAL,
    write_alert,
    write_band,
    write_evidence,
    write_frame,
)
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import NOBODY, draw, settle
from anomaly_stream.model.baseline import Baseline

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, REPLAYED, MINOR, MODERATE, SEVERE = range(10)
COUNTERS = 10

ADOPTING = 1 << 24
"""``run`` of a row above it: so many more values enter unscored."""
_FORGIVEN = 16

NO_BASELINE = Baseline(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""In place of one that nobody looks at."""


@kernel
def severity_of(found: float, reach: float, bands: Bands) -> int:
    """Severity of an anomaly with this score and effect; see ``SeverityBands``."""
    if found >= bands.severe and reach >= bands.severe_effect:
        return 3
    return 2 if found >= bands.moderate else 1


@kernel
def own_effect(found: float, sensitivity: float) -> float:
    """The effect of what is an anomaly within its band: how far its score exceeds what makes an anomaly."""
    return min(EFFECT_CAP, found / sensitivity) if sensitivity > 0.0 else EFFECT_CAP


@kernel
def _adopts(row: Any, alert: Any, config: Any, transition: int) -> bool:
    """Count an anomaly of level towards a lasting change; True where it is taken for one from now on.

    The next values then enter unscored, as many as a new row learns from, and an open alert is over.
    """
    row.run = abs(row.run) + 1
    if transition == FIRING or row.run < config.relearn_after:
        return False
    row.run = ADOPTING + config.min_observations
    return True


@kernel
def calmed(row: Any, time: float) -> None:
    """Let a normal value count against a lasting change: one of ``_FORGIVEN`` takes an anomaly away.

    Which one is drawn by its time, so that what comes back at regular intervals counts as well.
    """
    if row.run != 0 and draw(time, _FORGIVEN) == 0:
        row.run = abs(row.run) - 1


@kernel
def is_adopting(row: Any) -> bool:
    """Whether values enter unscored, since what they show was taken for a lasting change."""
    return bool(row.run > ADOPTING)


@kernel
def restored(value: float, moment: Moment) -> float:
    """An adjusted value as it would have come."""
    if abs(value) == UNBOUNDED:
        return value
    return max(-LARGEST, min(LARGEST, value * moment.factor + moment.offset))


@kernel
def _moved(
    row: Any,
    alert: Any,
    baseline: Baseline,
    config: Any,
    bands: Bands,
    moment: Moment,
    value: float,
    found: Finding,
    edges: tuple[float, float],
    verdict: Any,
    counts: NDArray[np.int64],
) -> tuple[float, int]:
    """Count an anomaly; returns what of it enters, and the transition of its alert."""
    lower, upper = edges
    side = 1 if value > baseline.median else -1
    if found.level >= config.sensitivity:
        reach = effect(value, baseline.median, upper if side > 0 else lower)
    else:
        reach = own_effect(found.score, config.sensitivity)
    severity = severity_of(found.score, reach, bands)
    counts[MINOR + severity - 1] += 1
    verdict.severity = severity
    transition = count_anomaly(
        alert,
        moment.time,
        moment.value,
        abs(moment.value - verdict.expected),
        found.score,
        found.score,
        severity,
        config.alert_score,
        bands.escalate_after,
    )
    if found.level >= config.sensitivity and _adopts(row, alert, config, transition):
        if alert.open:
            alert.open = 0
            transition = RESOLVED
        return value, transition
    return max(lower, min(upper, value)), transition


@kernel
def is_next(row: Any, time: float, counts: NDArray[np.int64]) -> bool:
    """Whether an observation of this time is to be taken; the row's time is moved on then.

    Time rises within a row: an observation at its last time is a duplicate, an earlier one late; both are
    dropped.
    """
    if time <= row.last_time:
        counts[DUPLICATE if time == row.last_time else LATE] += 1
        return False
    row.last_time = time
    row.dirty = 1
    return True


@kernel
def in_range(value: float) -> float:
    """A value as it is taken: within ``LARGEST``, and zero without a sign."""
    return max(-LARGEST, min(LARGEST, value)) + 0.0


@kernel
def learning(
    row: Any, alert: Any, config: Any, taught: bool, verdict: Any, counts: NDArray[np.int64]
) -> bool:
    """Count an observation that is not judged; True where ``verdict`` is filled."""
    counts[LEARNED if taught else LEARNING] += 1
    if row.run > ADOPTING:
        row.run = row.run - 1 if row.run > ADOPTING + 1 else 0
    if config.publish != PUBLISH_ALL:
        return False
    write_frame(verdict, row, STATUS_LEARNING)
    write_alert(verdict, alert, NONE)
    verdict.publish = True
    return True


@kernel
def is_plain(row: Any, alert: Any, pool: Pool, config: Any, value: float, leaving: int) -> bool:
    """True where a value is no anomaly by rarity alone, and nobody is to hear of it; the row has no memory.

    So it is with most values: they cost two comparisons.
    """
    return config.publish != PUBLISH_ALL and not alert.open and seen_before(value, row, pool, config, leaving)


@kernel
def judge(
    row: Any,
    alert: Any,
    pool: Pool,
    baseline: Baseline,
    config: Any,
    bands: Bands,
    moment: Moment,
    value: float,
    verdict: Any,
    counts: NDArray[np.int64],
    leaving: int,
) -> tuple[float, bool, int]:
    """Score a value, adjusted to the season, against its window, of which the one at ``leaving`` is no part.

    ``baseline`` is that of the window where the config has a memory, else of no use: it is not always
    needed. Returns what of the value enters, whether ``verdict`` is filled, and what is still leaving.
    """
    counts[SCORED] += 1
    everything = config.publish == PUBLISH_ALL
    transition = NONE
    known = not everything and config.state_words == 0 and seen_before(value, row, pool, config, leaving)
    if known:
        calmed(row, moment.time)
        transition = count_normal(alert, config.resolve_after)
        if transition == NONE:
            return value, False, leaving
    settle(row, pool, leaving)
    if config.state_words == 0:
        baseline = describe(row, pool)
    found = score(value, row, pool, baseline, config, moment)
    anomalous = not known and found.score >= config.sensitivity
    if not known and not anomalous:
        calmed(row, moment.time)
        transition = count_normal(alert, config.resolve_after)
        if not everything and transition == NONE:
            return value, False, NOBODY
    outside = anomalous and found.level >= config.sensitivity
    lower, upper = band(row, pool, baseline, config, moment)
    edges = own_side(lower, upper, baseline.median, value, outside)
    write_frame(verdict, row, STATUS_ANOMALY if anomalous else STATUS_NORMAL)
    write_band(
        verdict,
        restored(baseline.median, moment),
        restored(edges[0], moment),
        restored(edges[1], moment),
        moment.value,
        outside,
    )
    write_evidence(verdict, value, found, baseline, config, moment)
    entering = value
    if anomalous:
        entering, transition = _moved(
            row, alert, baseline, config, bands, moment, value, found, edges, verdict, counts
        )
    write_alert(verdict, alert, transition)
    verdict.publish = everything or (anomalous and config.publish != PUBLISH_NONE)
    return entering, True, NOBODY
