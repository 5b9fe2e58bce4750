"""The structure of the page, its size, and what Chromium makes of it."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anomaly_stream.report.labels import parse_labels
from anomaly_stream.report.offline_run import InputCounts
from anomaly_stream.report.page import Report, Side, render
from anomaly_stream.report.tracks import Track
from tests.report.build import alert, track_of

VOID = {"meta"}


class Outline(HTMLParser):
    """Checks that elements nest, and keeps the text of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


def outline_of(page: str) -> Outline:
    outline = Outline()
    outline.feed(page)
    outline.close()
    assert outline.open == []
    return outline


def charts_of(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def page_of(*sides: Sequence[Track], labels: str | None = None, charts: int = 200) -> str:
    counted = InputCounts(observations=10)
    made = [Side(f"{number}.yaml", counted, list(tracks)) for number, tracks in enumerate(sides)]
    known = parse_labels(labels, "labels.csv") if labels is not None else None
    return render(Report("flow.csv", made, known, charts))


TIMES = [1_700_000_000.0 + 3600.0 * at for at in range(400)]
VALUES = [10.0] * 400
PEAK = track_of(TIMES, VALUES, [300, 301], alerts=[alert(TIMES[300], TIMES[301])])


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = page_of([PEAK])
    outline = outline_of(page)
    assert [link for link in outline.links if not link.startswith("#")] == []
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttpRequest", page)
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page


def test_a_long_table_of_weeks_leaves_out_those_without_alerts() -> None:
    daily = [TIMES[0] + 86400.0 * at for at in range(400)]
    peak = track_of(daily, VALUES, [300, 301], alerts=[alert(daily[300], daily[301])])
    outline = outline_of(page_of([peak]))
    assert "57 weeks of 58 without an alert are left out." in outline.texts["p"]
    assert "2024-09-09" in outline.texts["td"]
    assert "2024-09-02" not in outline.texts["td"]
    quiet = outline_of(page_of([track_of(daily, VALUES)]))
    assert "58 weeks of 58 without an alert are left out." in quiet.texts["p"]


def test_one_config_gives_the_sections_of_one_side() -> None:
    outline = outline_of(page_of([PEAK, track_of(TIMES, VALUES, site="quiet")]))
    assert outline.texts["h1"] == ["flow.csv"]
    assert outline.texts["h2"] == ["Alerts a week", "Noisiest series", "Series"]
    assert outline.texts["h3"] == ["flow{site=a}", "flow{site=quiet}"]
    assert "It is far out." in outline.texts["li"][-1]
    assert "2023-11-27" in outline.texts["td"]


def test_two_configs_are_shown_side_by_side_with_their_differences() -> None:
    other = track_of(TIMES, VALUES, [301, 350, 351], alerts=[alert(TIMES[350], TIMES[351], None)])
    page = page_of([PEAK], [other])
    outline = outline_of(page)
    assert outline.texts["h2"][0] == "What differs"
    rows = [row for row in outline.texts["tr"] if row.startswith("all series")]
    assert rows == ["all series" + "011" + "112"]
    assert [chart["o"] for chart in charts_of(page)] == [[300], [350, 351]]
    assert [text.split(":")[0] for text in outline.texts["figcaption"]] == ["A", "B"]
    assert "Open at the end of the input." in outline.texts["ol"][0]


def test_equal_configs_are_reported_as_equal() -> None:
    assert "Both sides find the same anomalies and alerts." in page_of([PEAK], [PEAK])


def test_labels_give_precision_and_recall_and_are_drawn() -> None:
    labels = f"start,end\n{TIMES[299]},{TIMES[300]}\n{TIMES[350]},{TIMES[351]}\n"
    page = page_of([PEAK], labels=labels)
    assert "all" + "100%" + "50%" + "1121" in outline_of(page).texts["tr"]
    assert charts_of(page)[0]["w"] == [[TIMES[299], TIMES[300]], [TIMES[350], TIMES[351]]]


def test_labels_that_match_no_value_are_reported() -> None:
    assert "No label concerns a value" in page_of([PEAK], labels="timestamp,label\n17,1\n")


def test_names_are_escaped() -> None:
    name = "<script>alert(1)</script>&\"'"
    page = page_of([track_of(TIMES, VALUES, [5], site=name)])
    assert "<script>alert" not in page
    assert outline_of(page).texts["h3"] == [f"flow{{site={name}}}"]


def test_the_noisiest_ten_are_listed_and_what_has_no_chart_is_named() -> None:
    tracks = [track_of(TIMES, VALUES, range(1, 1 + count), site=f"s{count:02}") for count in range(13)]
    page = page_of(tracks, charts=2)
    outline = outline_of(page)
    assert outline.texts["a"] == ["flow{site=s12}", "flow{site=s11}"]
    assert sum(text.startswith("flow{site=s") for text in outline.texts["tr"]) == 10 + 10
    assert outline.texts["h3"][-1] == "11 more series without a chart"
    assert "1 series without an anomaly." in outline.texts["p"]


@pytest.mark.parametrize(("series", "sides"), [(1, 1), (1, 2), (1_000, 2)])
def test_a_hundred_thousand_points_are_less_than_two_megabytes(series: int, sides: int) -> None:
    length = 100_000 // series
    random = np.random.default_rng(4)
    times = [1_700_000_000.25 + 60.0 * at for at in range(length)]
    anomalous = list(range(50, length, 97))
    tracks = [
        track_of(times, (1e6 * random.normal(1.0, 0.1, length)).tolist(), anomalous, site=f"host-{number}")
        for number in range(series)
    ]
    page = page_of(*[tracks] * sides)
    assert len(page.encode()) < 2_000_000
    for chart in charts_of(page):
        shown = set(np.round(chart["t0"] + np.cumsum(chart["t"]), 3).tolist())
        assert {times[place] for place in anomalous} <= shown
        assert sum(severity > 0 for severity in chart["k"]) == len(anomalous)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: no browser draws the charts of the report"
)
POINTING = """<script>
const send = (kind, share) => {
  const svg = document.querySelector(".chart svg");  // drawn anew by each zoom
  svg.setPointerCapture = () => {};  // takes pointers of hardware only
  const box = svg.getBoundingClientRect(), plot = box.width - 56 - 8;
  svg.dispatchEvent(
    new PointerEvent(kind, { bubbles: true, clientX: box.left + 56 + plot * share, clientY: box.top + 50 }));
};
send("pointerdown", 0.7);
send("pointerup", 0.8);
send("pointermove", (300 / 399 - 0.7) / 0.1);
</script></body>"""


def drawn_by_chromium(page: str, folder: Path) -> str:
    assert CHROMIUM is not None
    path = folder / "report.html"
    path.write_text(page)
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}")
    command = [CHROMIUM, *options, "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return html.unescape(done.stdout)


@in_chromium
@pytest.mark.slow
def test_chromium_draws_every_chart(tmp_path: Path) -> None:
    other = track_of(TIMES, [12.0] * 400, [5])
    labels = f"start,end\n{TIMES[299]},{TIMES[300]}\n"
    drawn = drawn_by_chromium(page_of([PEAK], [other], labels=labels), tmp_path)
    assert drawn.count("<svg") == 2
    assert re.findall(r'<circle class="anomaly ([a-z ]+)"', drawn) == ["severe only"] * 3
    assert drawn.count('<path class="value"') == drawn.count('<path class="band"') == 2
    assert drawn.count('<rect class="label"') == 2
    assert drawn.count('<rect class="alert-span"') == 1
    assert "NaN" not in drawn


@in_chromium
@pytest.mark.slow
def test_the_pointer_shows_a_value_and_dragging_zooms(tmp_path: Path) -> None:
    page = page_of([PEAK]).replace('http-equiv="Content-Security-Policy"', 'name="none"')
    drawn = drawn_by_chromium(page.replace("</body>", POINTING), tmp_path)
    (tip,) = re.findall(r'<div class="tip"[^>]*>(.*?)</div>', drawn, re.S)
    assert tip.splitlines() == [
        "2023-11-27 10:13:20 UTC", "value 10", "expected 10", "normal 5 to 15", "score 90, severe",
    ]  # fmt: skip
    (line,) = re.findall(r'<path class="value" d="([^"]*)"', drawn)
    assert 38 <= line.count("L") <= 45  # a tenth of 400 values, and one on either side


@in_chromium
@pytest.mark.slow
def test_a_time_axis_over_many_months_has_several_dates(tmp_path: Path) -> None:
    """650 days at the default width: neither 90 nor 365 days is a fitting step."""
    times = [1.7e9 + 650 * 86400 / 400 * i for i in range(400)]
    drawn = drawn_by_chromium(page_of([track_of(times, [10.0] * 400)]), tmp_path)
    assert len(re.findall(r"<text [^>]*>\d{4}-\d{2}-\d{2}<", drawn)) >= 2
