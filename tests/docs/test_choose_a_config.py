"""The commands of docs/choose-a-config.md work as printed, and its configs find the faults in its data."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.test_tutorial import ROOT, Reader, blocks_of, installed  # noqa: F401
from tests.report.test_page import outline_of

PAGE = blocks_of((ROOT / "docs" / "choose-a-config.md").read_text())
BLOCKS = [block for block in PAGE if block.title or block.language == "sh"]  # other blocks show fields only
FAULTS = {
    "sales": ("2025-02-14T00:00", "2025-02-14T00:00"),
    "orders": ("2024-02-10T12:00", "2024-02-10T16:00"),
    "latency": ("2024-01-06T10:00", "2024-01-06T10:20"),
    "temperature": ("2024-01-17T00:00", "2024-01-17T06:00"),
    "requests": ("2024-01-06T05:00", "2024-01-06T05:15"),
}
MOST_ALERTS = 4


@pytest.fixture(scope="module")
def folder(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """Where a reader has followed the page."""
    path = tmp_path_factory.mktemp("reader")
    Reader(path, {}).follow(BLOCKS)
    return path


@pytest.mark.timeout(1200)
def test_the_commands_draw_what_the_page_says(folder: Path) -> None:
    reports = [
        word for block in BLOCKS if block.language == "sh" for word in block.text.split() if ".html" in word
    ]
    assert len(reports) == 7
    for name in reports:
        headings = outline_of((folder / name).read_text()).texts["h2"]
        assert ("What differs" in headings) == (name in ("compared.html", "quieter.html"))
        assert "Series" in headings


def alerts_of(folder: Path, config: str, metric: str, source: str) -> list[float]:
    """Times at which alerts begin."""
    files = f"--config {config} --input {source} --output none --alerts found"
    Reader(folder, {}).run(f"anomaly-stream score --metric {metric} {files}")
    events = map(json.loads, (folder / "found").read_text().splitlines())
    return [event["timestamp"] for event in events if event["status"] == "firing"]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("metric", FAULTS)
def test_each_config_finds_the_fault_and_little_else(folder: Path, metric: str) -> None:
    source = "sensor.csv" if metric == "temperature" else f"{metric}.csv"
    begins = alerts_of(folder, f"{metric}.yaml", metric, source)
    first, last = (datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp() for time in FAULTS[metric])
    assert any(first <= time <= last for time in begins)
    assert len(begins) <= MOST_ALERTS


@pytest.mark.timeout(1200)
def test_the_quieter_config_is_quieter_and_still_finds_the_fault(folder: Path) -> None:
    loud = alerts_of(folder, "default.yaml", "latency", "latency.csv")
    quiet = alerts_of(folder, "quiet.yaml", "latency", "latency.csv")
    assert len(quiet) <= len(loud)
    assert datetime(2024, 1, 6, 10, 0, tzinfo=UTC).timestamp() in quiet


@pytest.mark.timeout(1200)
def test_the_blind_spots_are_those_of_the_page(folder: Path) -> None:
    command, shown = next(
        (before, after) for before, after in pairwise(PAGE) if "--blind-spots" in before.text
    )
    assert "drift down" in shown.text
    assert shown.text.strip() in Reader(folder, {}).run(command.text)
