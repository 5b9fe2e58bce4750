"""The configs that the docs show are configs that the program takes."""

import re
from pathlib import Path

import pytest

from anomaly_stream.detectors import REGISTRY
from anomaly_stream.registry.document import Context
from anomaly_stream.registry.parsing import parse_document

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S))
    if re.search(r"^ *-? ?metric:", block, re.M)
]


@pytest.mark.parametrize("text", SHOWN)
def test_shown_config_is_valid(text: str) -> None:
    assert parse_document(text, "shown", Context(REGISTRY))


def test_example_file_is_valid() -> None:
    path = ROOT / "examples" / "configs.yaml"
    parsed = parse_document(path.read_text(), path.name, Context(REGISTRY))
    assert [one.config.id for one in parsed] == ["flow", "checkout-latency"]
