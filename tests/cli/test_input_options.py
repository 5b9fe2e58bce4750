"""Files that the command line names are read in parts."""

import io
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from anomaly_stream.cli.input_options import InputFiles
from anomaly_stream.intake.options import IntakeOptions
from tests.cli.test_faults import run

ROWS = 200_000


class Counting(io.FileIO):
    """A file that counts the bytes that are read."""

    count = 0

    def readall(self) -> bytes:
        return self._counted(super().readall())

    def read(self, size: int | None = -1) -> bytes:
        return self._counted(super().read(-1 if size is None else size))

    def _counted(self, content: bytes | None) -> bytes:
        self.count += len(content or b"")
        return content or b""


def test_parquet_is_read_by_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "past.parquet"
    values = np.random.default_rng(1).normal(size=ROWS)
    table = pa.table({"timestamp": 1_700_000_000 + np.arange(ROWS), "value": values})
    parquet.write_table(table, path, row_group_size=ROWS // 10)
    file = Counting(path)
    monkeypatch.setattr("anomaly_stream.cli.input_options.open_input", lambda _: nullcontext(file))
    blocks = InputFiles([path], IntakeOptions(metric="flow"), False).blocks()
    next(blocks)
    assert 0 < file.count < path.stat().st_size / 3
    file.close()


@pytest.mark.parametrize(
    ("verb", "reads_standard_input"), [("score", True), ("tune", False), ("configs unlearn", False)]
)
def test_the_help_says_what_is_read_without_a_file(
    verb: str, reads_standard_input: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(run(capsys, *verb.split(), "--help")[1].split())
    assert ("- is standard input, the default" in words) == reads_standard_input
    assert ("Without it, the metrics topics are read" in words) != reads_standard_input
