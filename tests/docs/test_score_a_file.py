"""The commands of docs/score-a-file.md print what the page says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.docs.test_tutorial import ROOT, Reader, blocks_of, installed  # noqa: F401

PAGE = ROOT / "docs" / "score-a-file.md"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Somebody with the files that the page speaks of."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    days = [(f"{start + timedelta(days=n):%Y-%m-%d}", 900 if n == 300 else 50 + n % 7) for n in range(400)]
    (tmp_path / "config.yaml").write_text("metric: sales\n")
    rows = [f"{day},{value}\n" for day, value in days]
    (tmp_path / "sales.csv").write_text("".join(["date,value\n", *rows]))
    (tmp_path / "newest-first.csv").write_text("".join(["date,value\n", *reversed(rows)]))
    (tmp_path / "wide.csv").write_text("".join(["date,sales\n", *rows]))
    return Reader(tmp_path, {})


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("installed")
def test_the_page(reader: Reader) -> None:
    blocks = blocks_of(PAGE.read_text())
    assert [block.language for block in blocks] == ["sh", "sh", "sh", "text", "sh", "text"]
    reader.follow(blocks)
