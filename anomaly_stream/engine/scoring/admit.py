"""Kernels that take an observation without a score."""

from typing import Any

from anomaly_stream.alerts.decision import decide_learning
from anomaly_stream.engine.scoring.counters import LEARNED, LEARNING
from anomaly_stream.engine.scoring.verdict_writer import write_blank
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import LARGEST

IS_BOTH, TEACHES, IS_SCORED = range(3)
"""The use of a value: it is scored and learned, only learned, or only scored."""

_NO_ADOPTION = -1
"""A streak that no anomaly turns into a lasting change."""


@kernel
def in_range(value: float) -> float:
    """The value, clipped to ``LARGEST`` in magnitude; -0.0 becomes 0.0."""
    return max(-LARGEST, min(LARGEST, value)) + 0.0


@kernel
def is_adopting(row: Any) -> bool:
    """Whether values enter unscored because the row is adopting a new level."""
    return bool(row.adoption_left > 0)


@kernel
def hold_adoption(row: Any, use: int) -> tuple[int, int]:
    """Let a value that is only scored not count for or against a lasting change, until it is released."""
    streak, left = row.anomaly_streak, row.adoption_left
    if use == IS_SCORED:
        row.anomaly_streak = _NO_ADOPTION
    return streak, left


@kernel
def release_adoption(row: Any, use: int, held: tuple[int, int]) -> None:
    """Undo what ``hold_adoption``, which returned ``held``, and the judgement did."""
    if use == IS_SCORED:
        row.anomaly_streak, row.adoption_left = held


@kernel
def is_learning(row: Any, config: Any, use: int) -> bool:
    """Whether a value has no score: on request, while adopting, or before the window is ready."""
    return bool(use == TEACHES or is_adopting(row) or row.count < config.min_observations)


@kernel
def take_unscored(
    row: Any, alert: Any, config: Any, time: float, use: int, verdict: Any, counts: Integers
) -> bool:
    """Count an observation without a score; True if ``verdict`` is filled."""
    counts[LEARNED if use == TEACHES else LEARNING] += 1
    if is_adopting(row):
        row.adoption_left -= 1
    if not decide_learning(alert, config, time, verdict):
        return False
    write_blank(verdict, row)
    return True
