import re
from pathlib import Path

import pytest

from anomaly_stream.detectors.registry import REGISTRY
from scripts.draw_detection import DRAWINGS, PICTURES, draw

PAGE = PICTURES.parent / "detection.md"
PAGES = [PICTURES.parents[1] / "README.md", *sorted(PICTURES.parent.glob("*.md"))]


def test_the_pictures_can_be_drawn_and_are_small(tmp_path: Path) -> None:
    draw(tmp_path)
    drawn = {picture.stem: picture.stat().st_size for picture in tmp_path.iterdir()}
    assert set(drawn) == set(DRAWINGS)
    assert all(0 < size < 60_000 for size in drawn.values()), drawn


def test_a_picture_drawn_twice_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(DRAWINGS) - {"auto", "season_daily"}:
        monkeypatch.delitem(DRAWINGS, name)
    draw(tmp_path / "once")
    draw(tmp_path / "again")
    for picture in (tmp_path / "once").iterdir():
        assert picture.read_bytes() == (tmp_path / "again" / picture.name).read_bytes()


def test_the_pages_show_every_picture_that_is_drawn() -> None:
    shown = {
        name
        for page in PAGES
        for name in re.findall(r"!\[[^\]]+\]\((?:docs/)?pictures/(\w+)\.svg\)", page.read_text())
    }
    assert shown == set(DRAWINGS)
    assert all((PICTURES / f"{name}.svg").exists() for name in DRAWINGS)


def test_the_page_states_the_size_of_each_detectors_state() -> None:
    said = {}
    for names, size in re.findall(r"^\| ([`\w, ]+) \| (\d+|none) \|$", PAGE.read_text(), re.M):
        said |= dict.fromkeys(re.findall(r"\w+", names), 0 if size == "none" else int(size))
    assert said == {detector.name: 8 * detector.words for detector in REGISTRY}
