"""Runs a detector over many series in several processes."""

import multiprocessing
import os
from collections.abc import Mapping

from benchmarks.quality.series import Corpus, Detector, LabelledSeries, Verdict, judge

_FEW_VALUES = 200_000
"""Fewer values than this are judged in this process, because starting others would take longer."""

_task: tuple[Detector, list[LabelledSeries]]


def judge_together(detector: Detector, corpora: Mapping[str, Corpus]) -> dict[str, list[Verdict]]:
    """Run ``detector`` over the series of all corpora; the verdicts by corpus, in the order of its series.

    The processes are forked, so that they need no copy of the series; the longest series are judged first.

    Raises:
        ValueError: the detector returned arrays of another length.
    """
    global _task
    everything = [series for corpus in corpora.values() for series in corpus]
    processes = min(len(os.sched_getaffinity(0)), len(everything))
    if processes < 2 or sum(len(series.times) for series in everything) < _FEW_VALUES:
        return {name: judge(detector, corpus) for name, corpus in corpora.items()}
    _task = detector, everything
    order = sorted(range(len(everything)), key=lambda place: -len(everything[place].times))
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        found = dict(zip(order, pool.map(_judge_one, order, chunksize=1), strict=True))
    verdicts = iter([found[place] for place in range(len(everything))])
    return {name: [next(verdicts) for _ in corpus] for name, corpus in corpora.items()}


def _judge_one(place: int) -> Verdict:
    detector, everything = _task
    return judge(detector, [everything[place]])[0]
