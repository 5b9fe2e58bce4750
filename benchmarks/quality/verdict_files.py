"""Writes verdicts as CSV files, in the folder layout of their corpus."""

import csv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.series import Corpus, Verdict

COLUMNS = ("timestamp", "value", "anomaly_score", "alert")


def write_verdicts(folder: Path, corpus: Corpus, verdicts: Sequence[Verdict]) -> None:
    """Write ``folder/<category>/<file>.csv``, a line for each row of the input.

    Timestamps and values are written as in the input. ``alert`` is 1 in rows at which an alert opens.
    """
    for series, verdict in zip(corpus, verdicts, strict=True):
        path = folder / series.name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = len(verdict.scores)
        alerts = [0] * rows if verdict.alerts is None else verdict.alerts.astype(int).tolist()
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(zip(*series.spelling, verdict.scores.tolist(), alerts, strict=True))
