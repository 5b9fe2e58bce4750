"""``python -m benchmarks.skab --data DIR --out FILE``: the default group detectors on the Skoltech Anomaly
Benchmark.

The protocol is that of the leaderboard: the first 400 rows of each file are unlabelled warm-up, the others
are scored; hits and misses are pooled over files; F1, false alarm rate (FAR) and missing alarm rate (MAR)
count rows, without any adjustment. Each file is a stream of its own, read once, in order. Its columns are the
members; detectors receive neither time nor position in the file. All files have the same configuration.

Vectors run through the worker's own pipeline of groups. A row is alarmed if the worker publishes it as an
anomaly, at one of two sensitivities: 20, the operating point for the leaderboard, and the shipped default,
which is stricter. The anomaly-free file is one stream, judged at the shipped default. FILE gets
``file,row,score,alarm``; its alarms are those that the printed figures count.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats

if not __package__:  # run as a file: put the project's root on the path instead of this folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from anomaly_stream.groups.detectors.registry import NAMES, default_of
from anomaly_stream.model.evidence import GroupEvidence
from benchmarks.data_files import DataError, Table, csv_files
from benchmarks.group_sets import FLIP_AFTER, flipped_group
from benchmarks.group_verdicts import SENSITIVITY, alarms_of, config_of, member_name, verdicts
from benchmarks.quality.commands import FAULTS, log

WARM_UP = 400
INTERVAL_S = 1.0
DEFAULT = default_of(INTERVAL_S)
"""The detectors of a group with a row per second whose config names none."""
OPERATING_POINT = 20.0
"""The sensitivity for the leaderboard: by chance, one row in a hundred has at least this score."""
FREE = "anomaly-free"
NO_MEMBERS = ("datetime", "anomaly", "changepoint")
FLIPPED_GROUPS = 10


@dataclass(frozen=True)
class File:
    """One file: its rows, and which of them are labelled as anomalies; None for a file without labels."""

    name: str
    vectors: Floats
    anomalies: Bools | None


@dataclass(frozen=True)
class Counts:
    """Numbers of rows by label and alarm."""

    hit: int = 0
    false: int = 0
    missed: int = 0
    quiet: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.hit + other.hit,
            self.false + other.false,
            self.missed + other.missed,
            self.quiet + other.quiet,
        )

    @staticmethod
    def of(alarms: Bools, anomalies: Bools) -> "Counts":
        """Count rows by their alarms and labels."""
        return Counts(
            int((alarms & anomalies).sum()),
            int((alarms & ~anomalies).sum()),
            int((~alarms & anomalies).sum()),
            int((~alarms & ~anomalies).sum()),
        )

    @property
    def f1(self) -> float:
        """``2 hit / (2 hit + false + missed)``."""
        return 2 * self.hit / max(1, 2 * self.hit + self.false + self.missed)

    @property
    def false_rate(self) -> float:
        """False alarms per row without an anomaly."""
        return self.false / max(1, self.false + self.quiet)

    @property
    def missing_rate(self) -> float:
        """Missed rows per row with an anomaly."""
        return self.missed / max(1, self.missed + self.hit)

    def __str__(self) -> str:
        return f"F1 {self.f1:.3f}  FAR {self.false_rate:6.1%}  MAR {self.missing_rate:6.1%}"


def read(path: Path, name: str) -> File:
    """Read a file of the benchmark: ``;`` between columns, a header, one row per second.

    Raises:
        DataError: it has a fault.
    """
    table = Table.read(path, (), delimiter=";")
    members = [column for column in table.columns if column not in NO_MEMBERS]
    if not members:
        raise DataError(f"{path}: no column of a sensor; the columns stand between semicolons")
    vectors = np.stack([table.numbers(column) for column in members], axis=1)
    anomalies = table.labels("anomaly", (0, 1)) == 1 if "anomaly" in table.columns else None
    return File(name, vectors, anomalies)


def files(data: Path) -> Iterator[File]:
    """All files below ``data``, in the order of their names.

    Raises:
        DataError: there is none, or one has a fault.
    """
    found = csv_files(data, "**/*.csv", "*.csv", "give the folder that holds the benchmark's files")
    found.sort(key=lambda path: (str(path.parent), len(path.stem), path.stem))
    return (read(path, path.relative_to(data).as_posix()) for path in found)


def follow(file: File, detectors: Sequence[str], threshold: float) -> tuple[Floats, Bools]:
    """Scores and alarms of all rows; 0 and none in the warm-up."""
    config = config_of(file.vectors.shape[1], detectors, threshold, WARM_UP, INTERVAL_S)
    records = list(verdicts(file.vectors, config))
    return np.array([record.score or 0.0 for record in records]), alarms_of(records)


def judge(file: File, detectors: Sequence[str], threshold: float) -> Counts:
    """Counts of one labelled file after its warm-up."""
    assert file.anomalies is not None
    _, alarms = follow(file, detectors, threshold)
    return Counts.of(alarms[WARM_UP:], file.anomalies[WARM_UP:])


def pooled(found: Sequence[File], detectors: Sequence[str], threshold: float) -> Counts:
    """Counts pooled over files."""
    return sum((judge(file, detectors, threshold) for file in found), Counts())


def write(out: Path, found: Sequence[File], detectors: Sequence[str]) -> None:
    """``file,row,score,alarm``, rows counted from 0."""
    with out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "row", "score", "alarm"))
        for one in found:
            threshold = SENSITIVITY if one.anomalies is None else OPERATING_POINT
            scores, alarms = follow(one, detectors, threshold)
            for row, (score, alarm) in enumerate(zip(scores.tolist(), alarms.tolist(), strict=True)):
                writer.writerow((one.name, row, f"{score:.3f}", int(alarm)))


def flip_lines(detectors: Sequence[str]) -> Iterator[str]:
    """Recall and false alarms on groups whose one correlation flips, at the shipped default."""
    for persistence in (0.0, 0.8):
        total = Counts()
        named: list[bool] = []
        for seed in range(FLIPPED_GROUPS):
            vectors, flipped = flipped_group(seed, 8, persistence)
            counts, first = _judge_flips(vectors, flipped, detectors)
            total, named = total + counts, named + first
        kind = "white members" if persistence == 0.0 else f"members of persistence {persistence}"
        yield (
            f"{kind}: recall {1 - total.missing_rate:.3f}  FAR {total.false_rate:.2%}"
            f"  right pair first in {np.mean(named):.1%} of {len(named)} alarmed rows within flips"
        )


def _judge_flips(vectors: Floats, flipped: Bools, detectors: Sequence[str]) -> tuple[Counts, list[bool]]:
    """Counts after the warm-up; and per alarmed row of a flip, whether the right pair is first."""
    config = config_of(vectors.shape[1], detectors, SENSITIVITY, WARM_UP, INTERVAL_S)
    records = list(verdicts(vectors, config))
    alarms, right = alarms_of(records), (member_name(0), member_name(1))
    first = []
    for row in np.flatnonzero(alarms & flipped).tolist():
        group = records[row].group
        if row >= FLIP_AFTER and isinstance(group, GroupEvidence):
            first.append(bool(group.pairs) and group.pairs[0].members == right)
    return Counts.of(alarms[WARM_UP:], flipped[WARM_UP:]), first


def report(found: Sequence[File], detectors: Sequence[str]) -> Iterator[str]:
    """Every figure on a line of its own."""
    labelled = [file for file in found if file.anomalies is not None]
    yield f"detectors {', '.join(detectors)}; warm-up {WARM_UP} rows"
    if labelled:
        yield f"\nlabelled files, alarm from score {OPERATING_POINT:.0f}:"
        counts = []
        for file in labelled:
            counts.append(judge(file, detectors, OPERATING_POINT))
            yield f"  {file.name:24s} {counts[-1]}"
        yield f"  {f'all {len(labelled)}':24s} {sum(counts, Counts())}"
        for half in (0, 1):
            yield f"  {f'half {half + 1}':24s} {sum(counts[half::2], Counts())}"
        yield f"labelled files at the shipped default, alarm from score {SENSITIVITY:.0f}:"
        yield f"  {f'all {len(labelled)}':24s} {pooled(labelled, detectors, SENSITIVITY)}"
    for file in found:
        if file.anomalies is None:
            _, alarms = follow(file, detectors, SENSITIVITY)
            yield f"\n{file.name} at the shipped default, one stream: alarm on {alarms.mean():.2%} of rows"
            _, alarms = follow(file, detectors, OPERATING_POINT)
            yield f"  the same at the benchmark's threshold: {alarms.mean():.2%}"
    yield "\ncorrelation flips from 0.8 to -0.8, marginals unchanged, at the shipped default:"
    yield from (f"  {line}" for line in flip_lines(detectors))
    if labelled:
        yield "\neach detector alone, labelled files, at the benchmark's threshold:"
        yield from (f"  {name:24s} {pooled(labelled, [name], OPERATING_POINT)}" for name in NAMES)


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skab", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the benchmark's CSV files")
    parser.add_argument("--out", type=Path, help="file for the scores and alarms of every row")
    options = parser.parse_args()
    try:
        found = list(files(options.data))
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    if options.out:
        write(options.out, found, DEFAULT)
    for line in report(found, DEFAULT):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
