"""From a detector's statistic to the scale of all scores, ``-10 log10(p)``.

No detector's statistic follows a textbook distribution on real groups: members wander, have seasons and
heavy tails. So p is what a large and varied set of quiet made groups shows (``python -m
benchmarks.group_calibration`` prints its quantiles). Its tails are straight lines on a double logarithmic
scale: ``p = questions * (statistic / unit)**-index``, a Pareto tail, with one question a member or a pair (a
group of many is asked more often).
"""

from math import log10

from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.tails import HIGHEST_SCORE


@leaf_kernel
def pareto_score(statistic: float, unit: float, index: float, questions: float) -> float:
    """From 0 to 100."""
    if statistic <= 0.0 or questions < 1.0:
        return 0.0
    score = 10.0 * index * log10(statistic / unit) - 10.0 * log10(questions)
    return float(max(0.0, min(HIGHEST_SCORE, score)))
