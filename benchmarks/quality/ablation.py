"""``python -m benchmarks.quality.ablation``: the default without each of its parts, on corpora left out.

Each part is taken out alone. The threshold is then chosen anew, on all corpora but one, and the figure is
that on the one left out (``benchmarks.quality.choose``). So a part that only moves the scale loses nothing. A
part earns its place if the mean falls without it, and if more than one corpus says so.

The scores are those of the model alone, without the lifecycle of alerts.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.quality.bare import bare_default
from benchmarks.quality.choose import leave_one_out
from benchmarks.quality.commands import FAULTS, log
from benchmarks.quality.evaluation import SYNTHETIC, Evaluation, Judged
from benchmarks.quality.parts import PARTS, WHOLE, take_out
from benchmarks.quality.reading import read_corpora
from benchmarks.quality.series import Corpus, judge
from benchmarks.quality.synthetic import suite

_PART, _FIGURE = 42, 11

_corpora: Mapping[str, Corpus]


class Row(NamedTuple):
    """The default without one part."""

    part: str
    figures: dict[str, float]
    """The figure of each labelled corpus when it is left out; of others, the alerts per series-week."""
    mean: float
    """Over the labelled corpora."""


def measure(part: str, corpora: Mapping[str, Corpus]) -> Row:
    """Take a part out of this process and judge all corpora."""
    take_out(part)
    judged = {name: Judged(name, corpus, judge(bare_default, corpus)) for name, corpus in corpora.items()}
    found = leave_one_out([Evaluation(part, judged).judged()])
    figures = {name: at.figure for name, (_, at) in found.items()}
    mean = float(np.nanmean(list(figures.values())))
    weekly = {name: at.false_a_week for name, (_, at) in found.items() if np.isnan(at.figure)}
    return Row(part, {**figures, **weekly}, mean)


def table(rows: Sequence[Row]) -> str:
    """One line for each part; the first is the whole default."""
    whole = next(row for row in rows if row.part == WHOLE)
    head = "".join(f"{name:>{_FIGURE}}" for name in whole.figures)
    lines = [f"{'without':{_PART}}{head}{'mean':>{_FIGURE}}{'change':>{_FIGURE}}"]
    for row in rows:
        cells = "".join(f"{figure:>{_FIGURE}.3f}" for figure in row.figures.values())
        change = "" if row is whole else f"{row.mean - whole.mean:+.3f}"
        name = row.part if row is whole else f"  {row.part}"
        lines.append(f"{name:{_PART}}{cells}{row.mean:>{_FIGURE}.3f}{change:>{_FIGURE}}")
    lines.append(
        "figure: F1, or a hundredth of NAB's standard score, on the corpus left out; "
        "without labels: alerts per series-week"
    )
    return "\n".join(lines)


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.ablation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of corpora")
    parser.add_argument(
        "--part", action="append", default=[], choices=list(PARTS), help="only this one; may be repeated"
    )
    arguments = parser.parse_args()
    try:
        corpora = read_corpora(arguments.data)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    print(table(_measured([WHOLE, *arguments.part] if arguments.part else list(PARTS), corpora)))
    return 0


def _measured(parts: Sequence[str], corpora: Mapping[str, Corpus]) -> list[Row]:
    """A process for each part, forked: it needs no copy of the series, and has compiled nothing yet."""
    global _corpora
    _corpora = {**corpora, SYNTHETIC: suite()}
    rows = []
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0)), maxtasksperchild=1) as pool:
        for row in pool.imap(_measure, parts, chunksize=1):
            log(f"{row.part}: {row.mean:.3f}")
            rows.append(row)
    return rows


def _measure(part: str) -> Row:
    return measure(part, _corpora)


if __name__ == "__main__":
    sys.exit(main())
