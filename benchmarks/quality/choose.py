"""``python -m benchmarks.quality.choose``: cross-validation over corpora, leaving out one corpus at a time.

Options are configs of ours and detectors of Python modules. For each corpus, an option and one threshold are
chosen: those with the highest mean figure (F1, or a hundredth of NAB's standard score) over the other
labelled corpora, with at most one alert per series-week on the unlabelled ones. The figure on the corpus that
was left out is an estimate for new data.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.bootstrap import Estimate, estimate
from benchmarks.quality.commands import FAULTS, OURS, log, options, run_detector, run_rivals, selected
from benchmarks.quality.evaluation import SYNTHETIC, Evaluation, Judged, figures
from benchmarks.quality.ours import engine_detector, read_config, shipped_config
from benchmarks.quality.reading import read_corpora
from benchmarks.quality.series import Detector
from benchmarks.quality.synthetic import suite

_MOST_ALERTS_A_WEEK = 1.0
_CORPUS, _LABEL = 12, 44


class Choice(NamedTuple):
    """The choice on the other corpora."""

    option: str
    threshold: float


def choose(evaluations: Sequence[Evaluation], left_out: str | None = None) -> Choice:
    """The option and the threshold with the highest mean figure over all corpora but ``left_out``."""
    best, chosen = (-np.inf, -np.inf), Choice(evaluations[0].label, np.inf)
    for evaluation in evaluations:
        parts = [part for name, part in evaluation.parts.items() if name != left_out]
        grid = np.unique(np.concatenate([part.curve.thresholds for part in parts]))
        total, over = np.zeros(len(grid)), np.zeros(len(grid))
        for part in parts:
            if part.has_labels:
                total += _at(part, figures(part.curve), grid)
            elif not part.windowed:
                weekly = _at(part, part.by_segments.false / part.by_segments.weeks, grid)
                over = np.maximum(over, weekly - _MOST_ALERTS_A_WEEK)
        mean = total / max(sum(part.has_labels for part in parts), 1)
        place = np.lexsort((mean, -np.maximum(over, 0.0)))[-1]
        if (candidate := (-max(over[place], 0.0), mean[place])) > best:
            best, chosen = candidate, Choice(evaluation.label, float(grid[place]))
    return chosen


def leave_one_out(evaluations: Sequence[Evaluation]) -> dict[str, tuple[Choice, Estimate]]:
    """For each corpus, the choice on the others, and its figure there."""
    by_label: Mapping[str, Evaluation] = {evaluation.label: evaluation for evaluation in evaluations}
    found = {}
    for name in evaluations[0].parts:
        choice = choose(evaluations, name)
        found[name] = choice, estimate(by_label[choice.option][name], choice.threshold)
    return found


def carried(evaluations: Sequence[Evaluation]) -> str:
    """A table by corpus and detector: as shipped, at the threshold of the others, and at its best one."""
    evaluations = [evaluation.judged() for evaluation in evaluations]
    left_out = (
        [leave_one_out([evaluation]) for evaluation in evaluations] if len(evaluations[0].parts) > 1 else []
    )
    lines = [
        f"{'':{_CORPUS}}{'':{_LABEL}}{'as shipped':>26}{'false':>7}{'left out':>26}{'false':>7}{'best':>8}",
        f"{'corpus':{_CORPUS}}{'detector':{_LABEL}}{'figure  95% over files':>26}{'a week':>7}"
        f"{'figure  95% over files':>26}{'a week':>7}{'':>8}",
    ]
    for name in evaluations[0].parts:
        for place, evaluation in enumerate(evaluations):
            part = evaluation[name]
            shipped = _cells(estimate(part, None)) if part.has_alerts else f"{'':33}"
            carried_over = _cells(left_out[place][name][1]) if left_out else f"{'':33}"
            best = f"{figures(part.curve).max():8.3f}" if part.has_labels else f"{'':8}"
            lines.append(f"{name:{_CORPUS}}{evaluation.label:{_LABEL}}{shipped}{carried_over}{best}")
    lines.append(
        "figure: F1, or a hundredth of NAB's standard score; left out: at the threshold chosen on all others"
        "\nfalse alarms per series-week; on a corpus without labels, every alert counts as one"
    )
    return "\n".join(lines)


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = options(__doc__, "benchmarks.quality.choose")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of corpora")
    parser.add_argument(
        "--option", type=Path, action="append", default=[], metavar="FILE", help="a config; may be repeated"
    )
    parser.add_argument(
        "--detector", action="append", default=[], metavar="MODULE:NAME", help="a detector; may be repeated"
    )
    arguments = parser.parse_args()
    try:
        detectors = _options(arguments.config, arguments.option, arguments.detector)
        every = {**read_corpora(arguments.data), SYNTHETIC: suite()}
        ours = [run_detector(label, detector, every) for label, detector in detectors.items()]
        rivals = run_rivals(selected(arguments.rivals), every)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    print(carried([*ours, *rivals]))
    if len(ours) > 1:
        print("\nchosen from ours on the other corpora:")
        for name, (choice, at) in leave_one_out([one.judged() for one in ours]).items():
            print(f"{name:{_CORPUS}}{choice.option:{_LABEL}}{_cells(at)}  at {choice.threshold:.5g}")
    return 0


def _options(config: Path | None, configs: Sequence[Path], names: Sequence[str]) -> dict[str, Detector]:
    if not (config or configs or names):
        return {OURS: engine_detector(shipped_config())}
    paths = [*([config] if config else []), *configs]
    found: dict[str, Detector] = {path.stem: engine_detector(read_config(path)) for path in paths}
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            found[name] = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"--detector {name}: {error}; write MODULE:NAME") from error
    return found


def _at(part: Judged, values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.searchsorted(-part.curve.thresholds, -grid, side="right") - 1]


def _cells(found: Estimate) -> str:
    figure = (
        f"{found.figure:.3f}  {found.low:.3f} to {found.high:.3f}" if found.figure == found.figure else ""
    )
    weekly = f"{found.false_a_week:.2f}" if found.false_a_week == found.false_a_week else ""
    return f"{figure:>26}{weekly:>7}"


if __name__ == "__main__":
    sys.exit(main())
