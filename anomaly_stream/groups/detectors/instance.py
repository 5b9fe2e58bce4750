"""One instance of a group: all its detectors over one flat memory of doubles.

The memory is the whole state: zeros are a fresh one, and a copy of its bytes is a checkpoint. Its parts, in
this order: hysteresis; where a detector looks at pairs, members and list of pairs; then the configured
detectors by number. ``mask`` has bit n for detector number n. ``work`` is room for intermediate values; what
``evaluate`` leaves there ``learn`` reads, so between the two nothing else may use it.
"""

from math import isnan, log10

from anomaly_stream.groups.detectors import correlation, gated_residual, half_space_trees, hysteresis, t2q
from anomaly_stream.groups.detectors.parts import members, pairs
from anomaly_stream.groups.detectors.parts.arrays import value_of
from anomaly_stream.groups.detectors.parts.calibration import pareto_score
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

GATED_RESIDUAL, CORRELATION, T2Q, HALF_SPACE_TREES = range(4)
DETECTORS = 4
MOST_MEMBERS = 64
"""A group has at most as many members."""
SCORES = 1 + 2 * DETECTORS
"""Length of ``scores``: the verdict's, each detector's own, then each detector's statistic."""
_PAIRWISE = 1 << GATED_RESIDUAL | 1 << CORRELATION


@leaf_kernel
def detector_words(number: int, size: int) -> int:
    """Of memory, for one detector over ``size`` members."""
    if number == GATED_RESIDUAL:
        return gated_residual.words(size)
    if number == CORRELATION:
        return correlation.words(size)
    if number == T2Q:
        return t2q.words(size)
    return half_space_trees.words(size)


@leaf_kernel
def detector_at(mask: int, number: int, size: int) -> int:
    """Where a detector's words begin; for the number behind the last, where the memory ends."""
    at = hysteresis.WORDS
    if mask & _PAIRWISE:
        at = pairs_at(size) + pairs.words(size)
    for other in range(number):
        if mask >> other & 1:
            at += detector_words(other, size)
    return at


@leaf_kernel
def words(mask: int, size: int) -> int:
    """Length of an instance's memory in doubles."""
    return detector_at(mask, DETECTORS, size)


@leaf_kernel
def work_words(size: int) -> int:
    """Length of ``work``, whatever the detectors."""
    return (
        size
        + gated_residual.work_words(size)
        + correlation.work_words(size)
        + t2q.work_words(size)
        + half_space_trees.work_words(size)
    )


@leaf_kernel
def member_at(member: int) -> int:
    """Where a member's words begin."""
    return hysteresis.WORDS + members.WORDS * member


@leaf_kernel
def pairs_at(size: int) -> int:
    """Where the list of pairs begins."""
    return member_at(size)


@leaf_kernel
def work_at(number: int, size: int) -> int:
    """Where a detector's part of ``work`` begins; the members' innovations stand first."""
    at = size
    if number > GATED_RESIDUAL:
        at += gated_residual.work_words(size)
    if number > CORRELATION:
        at += correlation.work_words(size)
    if number > T2Q:
        at += t2q.work_words(size)
    return at


@leaf_kernel
def known_pairs(memory: Floats, mask: int, size: int, warm_up: float) -> int:
    """How many pairs are watched now."""
    if not mask & _PAIRWISE:
        return 0
    return pairs.pair_count(size) if pairs.chosen(memory, pairs_at(size), size, warm_up) else 0


@leaf_kernel
def evaluate(
    memory: Floats,
    mask: int,
    size: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
    scores: Floats,
) -> float:
    """The score of a vector, 0 to 100, before it enters; ``memory`` stays as it is.

    The verdict is the largest of the detectors' scores, less ``10 log10`` of their number, since as many
    questions were asked (Bonferroni). ``scores``: the verdict, then each detector's own.
    """
    here = 0.0
    for member in range(size):
        value = value_of(vector, present, member)
        here += 0.0 if isnan(value) else 1.0
        if mask & _PAIRWISE:
            work[member] = members.innovation(memory, member_at(member), value)
    asked, largest = 0.0, 0.0
    for number in range(DETECTORS):
        scores[1 + number] = scores[1 + DETECTORS + number] = 0.0
        if mask >> number & 1:
            asked += 1.0
            found = _statistic(memory, mask, number, size, vector, present, warm_up, work)
            scores[1 + number] = score_of(number, found, here)
            scores[1 + DETECTORS + number] = found
            largest = max(largest, scores[1 + number])
    scores[0] = max(0.0, largest - 10.0 * log10(max(1.0, asked)))
    return float(scores[0])


@leaf_kernel
def _statistic(
    memory: Floats,
    mask: int,
    number: int,
    size: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
) -> float:
    """What one detector says, on its own scale."""
    at, out = detector_at(mask, number, size), work_at(number, size)
    listed = pairs_at(size) + 1
    count = known_pairs(memory, mask, size, warm_up)
    if number == GATED_RESIDUAL:
        return gated_residual.evaluate(memory, at, listed, count, size, vector, present, warm_up, work, out)
    if number == CORRELATION:
        return correlation.evaluate(memory, at, listed, count, warm_up, work, out)
    if number == T2Q:
        return t2q.evaluate(memory, at, size, vector, present, warm_up, work, out)
    return half_space_trees.evaluate(memory, at, size, vector, present, warm_up, work, out)


@leaf_kernel
def score_of(number: int, statistic: float, here: float) -> float:
    """A detector's statistic on the common scale; ``here``: members that have a value."""
    if number == GATED_RESIDUAL:
        return pareto_score(statistic, gated_residual.UNIT, gated_residual.INDEX, here)
    if number == CORRELATION:
        watched = min(float(pairs.MOST), here * (here - 1.0) / 2.0)
        return pareto_score(statistic, correlation.UNIT, correlation.INDEX, watched)
    if number == T2Q:
        return pareto_score(statistic, t2q.UNIT, t2q.INDEX, 1.0)
    return pareto_score(statistic, half_space_trees.UNIT, half_space_trees.INDEX, 1.0)


@leaf_kernel
def learn(
    memory: Floats,
    mask: int,
    size: int,
    vector: Floats,
    present: Bools,
    warm_up: float,
    work: Floats,
) -> None:
    """Take in the vector that ``evaluate`` has just seen; ``work`` is as it was left."""
    listed = pairs_at(size) + 1
    count = known_pairs(memory, mask, size, warm_up)
    for number in range(DETECTORS):
        if not mask >> number & 1:
            continue
        at, out = detector_at(mask, number, size), work_at(number, size)
        if number == GATED_RESIDUAL:
            gated_residual.learn(memory, at, listed, count, size, vector, present, warm_up, work, out)
        elif number == CORRELATION:
            correlation.learn(memory, at, listed, count, warm_up, work, out)
        elif number == T2Q:
            t2q.learn(memory, at, size, vector, present, warm_up, work, out)
        else:
            half_space_trees.learn(memory, at, size, vector, present, work, out)
    if not mask & _PAIRWISE:
        return
    pairs.learn(memory, listed - 1, size, work, warm_up)
    for member in range(size):
        members.learn(memory, member_at(member), value_of(vector, present, member))
