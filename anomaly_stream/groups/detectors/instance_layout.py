"""The places of the parts in the state of an instance and in its work space."""

from collections.abc import Iterable
from math import log10
from typing import NamedTuple

import numpy as np

from anomaly_stream.groups.detectors import hysteresis
from anomaly_stream.groups.detectors.parts import members, pairs
from anomaly_stream.groups.detectors.registry import REGISTRY
from anomaly_stream.kernels.arrays import Floats, Integers

ABSENT = -1
"""This place means that an instance does not have the part."""
MOST_MEMBERS = 64
"""A group has at most this many members."""


class InstanceLayout(NamedTuple):
    """The layout of a group's instances. Places and lengths are in float64 words.

    The state holds, in this order: hysteresis; for pairwise detectors the members and the list of pairs; then
    the configured detectors by number. The work space holds the members' innovations, then the intermediate
    values of these detectors.
    """

    size: int
    """Number of members."""
    warm_up: float
    """Number of vectors that a detector learns before it judges."""
    members_at: int
    pairs_at: int
    """``ABSENT`` without a pairwise detector."""
    detector_at: Integers
    """By number; ``ABSENT`` for detectors that are not configured."""
    work_at: Integers
    """The same for the work space."""
    tail_unit: Floats
    tail_index: Floats
    questions: Integers
    """By number: calibration, as in ``GroupDetector``."""
    correction: float
    """Subtracted from the highest score: Bonferroni's correction for the number of detectors."""
    words: int
    """Length of the state."""
    work_words: int
    """Length of the work space."""


def layout_of(names: Iterable[str], size: int, warm_up: float) -> InstanceLayout:
    """The layout for ``size`` members and the detectors of these names.

    Raises:
        ValueError: too few or too many members.
    """
    if not 2 <= size <= MOST_MEMBERS:
        raise ValueError(f"a group has 2 to {MOST_MEMBERS} members, not {size}")
    chosen = set(names)
    used = [one for one in REGISTRY if one.name in chosen]
    members_at, pairs_at, at, work_at = hysteresis.WORDS, ABSENT, hysteresis.WORDS, size
    if any(one.pairwise for one in used):
        pairs_at = members_at + members.WORDS * size
        at = pairs_at + pairs.words(size)
    starts = np.full(len(REGISTRY), ABSENT, np.int64)
    work_starts = starts.copy()
    for one in used:
        starts[one.number], work_starts[one.number] = at, work_at
        at += one.words(size)
        work_at += one.work_words(size)
    return InstanceLayout(
        size,
        float(warm_up),
        members_at,
        pairs_at,
        starts,
        work_starts,
        np.array([one.unit for one in REGISTRY]),
        np.array([one.index for one in REGISTRY]),
        np.array([one.questions for one in REGISTRY], np.int64),
        10.0 * log10(max(1, len(used))),
        at,
        work_at,
    )
