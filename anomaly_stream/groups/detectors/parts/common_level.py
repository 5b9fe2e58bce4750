"""How far most members have left their level together.

The common deviation is the largest one that more than half of the members have in one direction, so no member
makes it alone. In quiet groups its tail is shorter than that of T2, which a single member can raise. It is
reduced in groups that often move together (``parts.own_level``).

State: that of the own level.
"""

from anomaly_stream.groups.detectors.parts import own_level
from anomaly_stream.groups.detectors.parts.calibration import pareto_score
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = own_level.WORDS
UNIT, INDEX = 1.6, 6.0
"""A Pareto tail above those of quiet groups, and of ones whose common factor has heavy tails."""
_IN_A_ROW = 25.0


@leaf_kernel
def of_most(deviations: Floats, at: int, judged: Floats, judged_at: int, members: int) -> float:
    """The common deviation of the members that are judged, at least 0; 0 with fewer than two."""
    known, largest = 0, 0.0
    for member in range(members):
        known += int(judged[judged_at + member])
    for member in range(members):
        size = abs(deviations[at + member])
        if known < 2 or judged[judged_at + member] == 0.0 or size <= largest:
            continue
        side, reached = (1.0 if deviations[at + member] > 0.0 else -1.0), 0
        for other in range(members):
            beyond = judged[judged_at + other] != 0.0 and side * deviations[at + other] >= size
            reached += 1 if beyond else 0
        if 2 * reached > known:
            largest = size
    return float(largest)


@leaf_kernel
def statistic(common: float, state: Floats, at: int, unit: float, index: float) -> float:
    """A common deviation, reduced, as a statistic of the Pareto tail with this unit and index."""
    reduction = 10.0 ** (-own_level.reduction(state, at) / (10.0 * index))
    return float(unit * (common / UNIT) ** (INDEX / index) * reduction)


@leaf_kernel
def learn(state: Floats, at: int, common: float) -> None:
    """Learn a common deviation."""
    own_level.learn(state, at, pareto_score(common, UNIT, INDEX, 1.0), _IN_A_ROW)
