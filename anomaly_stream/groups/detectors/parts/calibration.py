"""Converts a detector's statistic to the common scale of scores, ``-10 log10(p)``.

The statistics of real groups do not follow textbook distributions: members drift, have seasons and heavy
tails. So p is fitted to a large and varied set of synthetic groups without anomalies (``python -m
benchmarks.group_calibration`` prints the quantiles). Their tails are straight lines on double logarithmic
axes, that is, Pareto tails:

    p = questions (statistic / unit)^-index

with one question, or one for each member or pair, because a group of many members is tested more often.
"""

from math import log10

from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.tails import HIGHEST_SCORE


@leaf_kernel
def pareto_score(statistic: float, unit: float, index: float, questions: float) -> float:
    """The score of a statistic, 0 to 100; 0 for NaN."""
    if not statistic > 0.0 or questions < 1.0:
        return 0.0
    score = 10.0 * index * log10(statistic / unit) - 10.0 * log10(questions)
    return float(max(0.0, min(HIGHEST_SCORE, score)))


def statistic_for(score: float, unit: float, index: float, questions: float) -> float:
    """The least statistic with a score: the inverse of ``pareto_score`` for scores between 0 and 100."""
    return float(unit * (questions * 10.0 ** (score / 10.0)) ** (1.0 / index))
