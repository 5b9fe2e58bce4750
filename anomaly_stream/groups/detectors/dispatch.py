"""Detectors of groups, and the kernels that call one of them by number.

The module of a detector holds its entry in the registry and two kernels:

``NUMBER``, ``DETECTOR``: its number and its entry.

``evaluate(state, at, seen, work, work_at) -> statistic``: pure but for ``work``; called before the vector is
learned. Larger statistics are more unusual; 0 while the detector cannot judge yet.

``learn(state, at, seen, work, work_at)``: learn the vector that ``evaluate`` has just seen. ``work`` is as
``evaluate`` left it.

The detector's state begins at ``at`` in the state of the instance, its intermediate values at ``work_at`` in
``work``, which begins with the innovations of the members (for ``pairwise`` detectors).
"""

from math import nan

from anomaly_stream.groups.detectors import correlation, gated_residual, half_space_trees, joint_auto, t2q
from anomaly_stream.groups.detectors.detector import GroupDetector
from anomaly_stream.groups.detectors.parts.observation import Observation
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

DETECTORS: tuple[GroupDetector, ...] = (
    gated_residual.DETECTOR,
    correlation.DETECTOR,
    t2q.DETECTOR,
    half_space_trees.DETECTOR,
    joint_auto.DETECTOR,
)
"""They are in the order of their numbers."""


@leaf_kernel
def evaluate(number: int, state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> float:
    """The statistic of detector ``number``; NaN for a number that no detector has."""
    if number == gated_residual.NUMBER:
        return gated_residual.evaluate(state, at, seen, work, work_at)
    if number == correlation.NUMBER:
        return correlation.evaluate(state, at, seen, work, work_at)
    if number == t2q.NUMBER:
        return t2q.evaluate(state, at, seen, work, work_at)
    if number == half_space_trees.NUMBER:
        return half_space_trees.evaluate(state, at, seen, work, work_at)
    if number == joint_auto.NUMBER:
        return joint_auto.evaluate(state, at, seen, work, work_at)
    return nan


@leaf_kernel
def learn(number: int, state: Floats, at: int, seen: Observation, work: Floats, work_at: int) -> None:
    """Update the state of detector ``number``; a number that no detector has changes nothing."""
    if number == gated_residual.NUMBER:
        gated_residual.learn(state, at, seen, work, work_at)
    elif number == correlation.NUMBER:
        correlation.learn(state, at, seen, work, work_at)
    elif number == t2q.NUMBER:
        t2q.learn(state, at, seen, work, work_at)
    elif number == half_space_trees.NUMBER:
        half_space_trees.learn(state, at, seen, work, work_at)
    elif number == joint_auto.NUMBER:
        joint_auto.learn(state, at, seen, work, work_at)
