"""Options of the commands that measure detection, and the runs of their detectors."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import AnomalyStreamError
from benchmarks.data_files import DataError
from benchmarks.quality.comparison import tables
from benchmarks.quality.evaluation import Evaluation, Judged
from benchmarks.quality.ours import engine_detector, read_config, shipped_config
from benchmarks.quality.parallel import judge_together
from benchmarks.quality.reading import check_scored
from benchmarks.quality.rivals import RIVALS, RivalMissingError
from benchmarks.quality.series import Corpus, Detector
from benchmarks.quality.synthetic import suite
from benchmarks.quality.verdict_files import write_verdicts

OURS = "anomaly-stream"
FAULTS = (ValueError, DataError, AnomalyStreamError, OSError)
"""Errors that the user can correct. They end a command with one line."""
_WORST = 5
"""Number of files or kinds, those with the largest loss, that a report lists without ``--by-file``."""
Loader = Callable[[Path], Corpus] | None


def options(description: str | None, name: str) -> argparse.ArgumentParser:
    """A parser with the options that all these commands share."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="measure this config in place of the shipped default"
    )
    parser.add_argument(
        "--rivals",
        default="fast",
        metavar="NAMES",
        help=f"fast (default), all, none, or some of {', '.join(RIVALS)}",
    )
    parser.add_argument("--by-file", action="store_true", help="print a line for each file, or for each kind")
    return parser


def selected(names: str) -> list[str]:
    """The rivals that ``--rivals`` names.

    Raises:
        ValueError: a name is unknown.
    """
    if names in ("none", ""):
        return []
    if names in ("fast", "all"):
        return [name for name, rival in RIVALS.items() if names == "all" or not rival.slow]
    chosen = names.split(",")
    if unknown := set(chosen).difference(RIVALS):
        raise ValueError(f"no rival is called {', '.join(sorted(unknown))}: choose from {', '.join(RIVALS)}")
    return chosen


def measure(
    corpora: Mapping[str, Corpus], config: Path | None, rivals: str, out: Mapping[str, Path]
) -> tuple[Evaluation, list[Evaluation]]:
    """Run our detector over all series, and the rivals.

    Args:
        corpora: by name.
        config: a config file in place of the shipped default.
        rivals: the value of ``--rivals``.
        out: the folder for the verdicts on a corpus, by its name.

    Raises:
        ValueError: a rival is unknown, or the config file has several configs.
        AnomalyStreamError: the config has faults.
    """
    chosen = selected(rivals)
    detector = engine_detector(read_config(config) if config else shipped_config())
    ours = run_detector(OURS, detector, corpora)
    for name, folder in out.items():
        write_verdicts(folder, ours[name].corpus, ours[name].verdicts)
        log(f"wrote {len(ours[name].corpus)} files to {folder}")
    if not any(series.labelled for corpus in corpora.values() for series in corpus):
        return ours, []
    return ours, run_rivals(chosen, corpora)


def run_rivals(names: Sequence[str], corpora: Mapping[str, Corpus]) -> list[Evaluation]:
    """Run rivals over all series; a rival that cannot run here is logged and left out."""
    judged = []
    for name in names:
        try:
            judged.append(run_detector(RIVALS[name].title, RIVALS[name].detector(), corpora))
        except RivalMissingError as missing:
            log(f"not measured: {missing}")
    return judged


def labelled_alone(evaluation: Evaluation) -> Evaluation:
    """The evaluation of the labelled series only."""
    parts = {name: part.labelled() for name, part in evaluation.parts.items()}
    return Evaluation(evaluation.label, {name: part for name, part in parts.items() if part.corpus})


def unlabelled(part: Judged) -> str:
    """One line on a corpus without labels: its number of alerts."""
    if not part.windowed:
        count = part.alert_count or part.by_segments.at(part.by_segments.best())
        return (
            f"{part.name}: {len(part.corpus)} files, none of them labelled: {plural(count.false, 'alert')},"
            f" {count.false_a_week:.2f} per series-week"
        )
    rows = sum(len(series.times) for series in part.corpus)
    alerts = sum(int(verdict.alerts.sum()) for verdict in part.verdicts if verdict.alerts is not None)
    what = f"{part.name}: {len(part.corpus)} files, none of them labelled"
    return f"{what}: {plural(alerts, 'alert')}, {1000 * alerts / rows:.2f} in 1000 of {rows:,} rows"


def report(ours: Evaluation, rivals: Sequence[Evaluation], by_file: bool) -> str:
    """The tables, with a line for each corpus without labels before them."""
    scored = labelled_alone(ours)
    blocks = [unlabelled(part) for name, part in ours.parts.items() if name not in scored.parts]
    if scored.parts:
        blocks.append(tables(scored, [labelled_alone(rival) for rival in rivals]))
    for name in scored.parts:
        lines = scored.breakdown(name).splitlines()
        blocks.append("\n".join(lines if by_file else lines[: 1 + _WORST]))
    return "\n\n".join(blocks)


def run_command(name: str, description: str | None, load: Loader) -> int:
    """Run a command that measures one corpus; returns the exit status.

    Args:
        name: the corpus, and the module under ``benchmarks``.
        description: for ``--help``.
        load: reads the corpus from the folder ``--data``; None: the synthetic suite, which needs no folder.
    """
    parser = options(description, f"benchmarks.{name}")
    if load is not None:
        parser.add_argument(
            "--data", type=Path, required=True, metavar="DIR", help="the folder that contains data/"
        )
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="write the verdict on each row to this folder"
        )
    arguments = parser.parse_args()
    try:
        corpus = suite() if load is None else load(arguments.data)
        out = {name: arguments.out} if load is not None and arguments.out else {}
        if load is not None:
            check_scored(name, arguments.data, corpus)
        ours, rivals = measure({name: corpus}, arguments.config, arguments.rivals, out)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    print(report(ours, rivals, arguments.by_file))
    return 0


def log(text: str) -> None:
    """Write to standard error; standard output has the tables only."""
    print(text, file=sys.stderr, flush=True)


def run_detector(label: str, detector: Detector, corpora: Mapping[str, Corpus]) -> Evaluation:
    """Run a detector over all series, in parallel."""
    started = time.perf_counter()
    parts = {
        name: Judged(name, corpora[name], verdicts)
        for name, verdicts in judge_together(detector, corpora).items()
    }
    values = sum(len(series.times) for corpus in corpora.values() for series in corpus)
    log(f"{label}: {values:,} values in {time.perf_counter() - started:.0f} s")
    return Evaluation(label, parts)
