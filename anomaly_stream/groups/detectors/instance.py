"""One instance of a group: its detectors over one flat state of doubles.

The state is complete: zeros are a fresh instance, and a copy of the bytes is a checkpoint. ``InstanceLayout``
says where each part begins. ``evaluate`` leaves intermediate values in ``work``, which ``explain`` and
``learn`` read; nothing else may write there in between.
"""

from math import isnan

from anomaly_stream.groups.detectors import dispatch
from anomaly_stream.groups.detectors.detector import Questions
from anomaly_stream.groups.detectors.instance_layout import ABSENT, InstanceLayout
from anomaly_stream.groups.detectors.parts import members, pairs
from anomaly_stream.groups.detectors.parts.calibration import pareto_score
from anomaly_stream.groups.detectors.parts.observation import Observation, value_of
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

DETECTOR_COUNT = len(dispatch.DETECTORS)
SCORES = 1 + 2 * DETECTOR_COUNT
"""Length of ``scores``: the group's score, each detector's score, each detector's statistic."""
_MEMBERS, _PAIRS = int(Questions.MEMBERS), int(Questions.PAIRS)


@leaf_kernel
def known_pairs(state: Floats, layout: InstanceLayout) -> int:
    """Number of pairs that are watched now."""
    if layout.pairs_at == ABSENT or not pairs.chosen(state, layout.pairs_at, layout.size, layout.warm_up):
        return 0
    return pairs.pair_count(layout.size)


@leaf_kernel
def observation(
    state: Floats, layout: InstanceLayout, vector: Floats, present: Bools, time: float
) -> Observation:
    """A vector as detectors receive it."""
    count = known_pairs(state, layout)
    return Observation(vector, present, layout.size, layout.pairs_at + 1, count, layout.warm_up, time)


@leaf_kernel
def evaluate(
    state: Floats,
    layout: InstanceLayout,
    vector: Floats,
    present: Bools,
    time: float,
    work: Floats,
    scores: Floats,
) -> float:
    """The score of a vector, 0 to 100, before it is learned; ``state`` does not change.

    ``score = max(0, max(detector scores) - 10 log10(number of detectors))`` (Bonferroni). ``scores`` receives
    it, followed by each detector's score and statistic.
    """
    seen = observation(state, layout, vector, present, time)
    here = 0.0
    for member in range(layout.size):
        value = value_of(seen, member)
        here += 0.0 if isnan(value) else 1.0
        if layout.pairs_at != ABSENT:
            place = layout.members_at + members.WORDS * member
            work[member] = members.innovation(state, place, value)
    largest = 0.0
    for number in range(DETECTOR_COUNT):
        scores[1 + number] = scores[1 + DETECTOR_COUNT + number] = 0.0
        if layout.detector_at[number] != ABSENT:
            found = dispatch.evaluate(
                number, state, layout.detector_at[number], seen, work, layout.work_at[number]
            )
            scores[1 + number] = score_of(layout, number, found, here)
            scores[1 + DETECTOR_COUNT + number] = found
            largest = max(largest, scores[1 + number])
    scores[0] = max(0.0, largest - layout.correction)
    return float(scores[0])


@leaf_kernel
def score_of(layout: InstanceLayout, number: int, statistic: float, here: float) -> float:
    """The score of a detector's statistic; ``here``: number of members that have a value."""
    questions = 1.0
    if layout.questions[number] == _MEMBERS:
        questions = here
    elif layout.questions[number] == _PAIRS:
        questions = min(float(pairs.MOST), here * (here - 1.0) / 2.0)
    return pareto_score(statistic, layout.tail_unit[number], layout.tail_index[number], questions)


@leaf_kernel
def learn(
    state: Floats, layout: InstanceLayout, vector: Floats, present: Bools, time: float, work: Floats
) -> None:
    """Learn the vector that ``evaluate`` has just seen; ``work`` is as ``evaluate`` left it."""
    seen = observation(state, layout, vector, present, time)
    for number in range(DETECTOR_COUNT):
        if layout.detector_at[number] != ABSENT:
            dispatch.learn(number, state, layout.detector_at[number], seen, work, layout.work_at[number])
    if layout.pairs_at == ABSENT:
        return
    pairs.learn(state, layout.pairs_at, layout.size, work, layout.warm_up)
    for member in range(layout.size):
        members.learn(state, layout.members_at + members.WORDS * member, value_of(seen, member))
