"""The program accepts the configs that the docs show."""

import errno
import os
import re
from pathlib import Path

import pytest

from anomaly_stream.detectors.registry import KINDS, NAMES
from anomaly_stream.groups.detectors.registry import NAMES as GROUP_NAMES
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.settings import load_settings

ROOT = Path(__file__).parents[2]
CONTEXT = ValidationContext(NAMES, kinds=KINDS, group_detectors=GROUP_NAMES)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S))
    if re.search(r"^ *-? ?(metric|members):", block, re.M)
]


@pytest.mark.parametrize("text", SHOWN)
def test_shown_config_is_valid(text: str) -> None:
    assert parse_document(text, "shown", CONTEXT)


EXAMPLES = sorted(set((ROOT / "configs").glob("*.yaml")) - {ROOT / "configs" / "settings.yaml"})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_config_is_valid(path: Path) -> None:
    assert parse_document(path.read_text(), path.name, CONTEXT)


OF_WINDOWS = {"baseline_period", "window_points", "relearn_after", "adapt"}
DEMO = ROOT / "anomaly_stream" / "demo" / "configs.yaml"


@pytest.mark.parametrize(
    "text", [*SHOWN, *(pytest.param(path.read_text(), id=path.name) for path in (*EXAMPLES, DEMO))]
)
def test_no_config_that_is_shown_sets_what_does_not_reach_its_detectors(text: str) -> None:
    for one in parse_document(text, "shown", CONTEXT):
        if isinstance(one.config, AnomalyDetectionConfig) and model_of(one.config.detectors, KINDS):
            assert not OF_WINDOWS & one.document.keys()


def test_example_settings_are_valid() -> None:
    assert load_settings(ROOT / "configs" / "settings.yaml", environ={}).topics.partitions == 12


def test_the_last_lines_that_the_page_explains_are_lines_of_the_worker() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("| the line says |")[2].partition("\n\n")[0]
    quoted = [
        quote for row in table.splitlines()[2:] for quote in re.findall(r"`([^`]+)`", row.split("|")[1])
    ]
    assert len(quoted) >= 6
    code = "".join(path.read_text() for path in (ROOT / "anomaly_stream").rglob("*.py"))
    parts = [part.strip() for quote in quoted for part in quote.split("...") if part.strip()]
    assert [part for part in parts if part not in code and part != os.strerror(errno.ENOSPC)] == []
