import re
from pathlib import Path

from scripts.draw_detection import DRAWINGS, PICTURES, draw

PAGE = PICTURES.parent / "detection.md"


def test_the_pictures_can_be_drawn_and_are_small(tmp_path: Path) -> None:
    draw(tmp_path)
    drawn = {picture.stem: picture.stat().st_size for picture in tmp_path.iterdir()}
    assert set(drawn) == set(DRAWINGS)
    assert all(0 < size < 60_000 for size in drawn.values()), drawn


def test_the_page_shows_every_picture_that_is_drawn() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/(\w+)\.svg\)", PAGE.read_text())
    assert sorted(shown) == sorted(DRAWINGS)
    assert all((PICTURES / f"{name}.svg").exists() for name in DRAWINGS)
