"""The commands of docs/see-your-data.md, run as the page has them, print what the page says."""

import re
from pathlib import Path

import pytest

from tests.docs.test_tutorial import OFFLINE, ROOT, Reader, blocks_of, installed  # noqa: F401
from tests.report.test_page import outline_of

PAGE = (ROOT / "docs" / "see-your-data.md").read_text()


def test_a_picture_takes_three_commands() -> None:
    first, second, *_ = re.findall(r"^```(?:sh)?\n(.*?)^```$", PAGE, re.M | re.S)
    commands = (first + second).splitlines()
    assert len(commands) == 3
    assert commands[0] == "pip install anomaly-stream"
    assert commands[2].startswith("anomaly-stream report ")


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("installed")
def test_the_commands_do_what_the_page_says(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {})
    (script,) = (block for block in OFFLINE if block.title == "make_orders.py")
    (tmp_path / script.title).write_text(script.text)
    reader.run("python make_orders.py")
    reader.follow(blocks_of(PAGE))
    headings = outline_of((tmp_path / "measured.html").read_text()).texts["h2"]
    assert headings == ["What differs", "Against the labels", "Alerts a week", "Noisiest series", "Series"]
    for name in ("report.html", "compared.html"):
        assert (tmp_path / name).stat().st_size > 10_000
