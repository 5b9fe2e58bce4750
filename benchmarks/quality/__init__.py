"""The quality of detection: the scorers, the corpora, and the rivals.

Reading order: :mod:`~benchmarks.quality.series` (what a detector is), :mod:`~benchmarks.quality.folders`,
:mod:`~benchmarks.quality.synthetic` (the corpora), :mod:`~benchmarks.quality.windows`,
:mod:`~benchmarks.quality.segments` (the scores), :mod:`~benchmarks.quality.evaluation`,
:mod:`~benchmarks.quality.table`.
"""

from benchmarks.quality.evaluation import CLOUD, NAB, SYNTHETIC, Evaluation, Judged, evaluate, load
from benchmarks.quality.series import Corpus, Detector, LabelledSeries, Verdict, half, judge

__all__ = [
    "CLOUD",
    "NAB",
    "SYNTHETIC",
    "Corpus",
    "Detector",
    "Evaluation",
    "Judged",
    "LabelledSeries",
    "Verdict",
    "evaluate",
    "half",
    "judge",
    "load",
]
