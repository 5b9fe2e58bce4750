"""Verdicts as CSV: a row for each line of the JSON output, a column for each label."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import msgspec

_BEFORE = ("timestamp", "metric")
_AFTER = (
    "value", "status", "score", "severity", "reason", "expected", "lower", "upper", "alert", "alert_score",
    "config_id", "side",
)  # fmt: skip
_WRITTEN = "time"


class CsvVerdicts:
    """Collects lines of JSON; the labels, and so the header, are known only at the end."""

    def __init__(self, held: BinaryIO) -> None:
        self._held = held
        self._labels: set[str] = set()

    def write(self, lines: Sequence[bytes]) -> None:
        """Add verdicts, a line of JSON each."""
        for line in lines:
            self._labels.update(msgspec.json.decode(line)["labels"])
        self._held.writelines(lines)

    def write_csv(self, output: BinaryIO) -> None:
        """Write all verdicts. A label with the name of another column is called ``label_NAME``."""
        labels = {name: f"label_{name}" if name in (*_BEFORE, *_AFTER) else name for name in self._labels}
        self._held.seek(0)
        text = io.TextIOWrapper(output, encoding="utf-8", newline="", write_through=True)
        rows = csv.DictWriter(
            text, [*_BEFORE, *sorted(labels.values()), *_AFTER], extrasaction="ignore", lineterminator="\n"
        )
        rows.writeheader()
        for line in self._held:
            verdict: dict[str, Any] = msgspec.json.decode(line)
            verdict["timestamp"] = verdict.get(_WRITTEN, verdict["timestamp"])
            verdict["alert"] = verdict.get("alert", {}).get("status")
            rows.writerow({**verdict, **{labels[name]: value for name, value in verdict["labels"].items()}})
        text.detach()


@contextmanager
def csv_verdicts(output: BinaryIO) -> Iterator[CsvVerdicts]:
    """Collect verdicts in a temporary file, and write them to ``output`` at the end."""
    with TemporaryFile() as held:
        verdicts = CsvVerdicts(held)
        yield verdicts
        verdicts.write_csv(output)
