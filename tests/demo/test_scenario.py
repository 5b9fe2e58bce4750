"""What the demo shows: the default detector, a group, a season, and severities that differ."""

from importlib.resources import files

import pytest

from anomaly_stream.demo.picture import draw, run_offline
from anomaly_stream.demo.scenario import Stretch, simulate
from anomaly_stream.demo.sources import FLOW_STRETCHES, Message, history
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.report.tracks import Track
from tests.docs.test_examples import CONTEXT
from tests.report.test_page import outline_of

CONFIGS = [
    parsed.config
    for parsed in parse_document(
        (files("anomaly_stream.demo") / "configs.yaml").read_text(), "configs.yaml", CONTEXT
    )
]
STRETCHES = (*FLOW_STRETCHES, *simulate().stretches)


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return list(history(simulate()))


@pytest.fixture(scope="module")
def tracks(messages: list[Message]) -> list[Track]:
    run, collector = run_offline(messages, CONFIGS, SeverityBands())
    assert run.faults == []
    assert (run.counts.unmatched, run.counts.late, run.counts.duplicate, run.counts.ahead) == (0, 0, 0, 0)
    return collector.finish()


def test_messages_are_in_order_of_event_time(messages: list[Message]) -> None:
    times = [message.time for message in messages]
    assert times == sorted(times)


def test_configs_have_the_default_detector_and_one_is_a_group() -> None:
    default = AnomalyDetectionConfig(id="", metric="m").detectors
    series = [config for config in CONFIGS if isinstance(config, AnomalyDetectionConfig)]
    assert {config.detectors for config in series} == {default}
    assert len([config for config in CONFIGS if isinstance(config, GroupConfig)]) == 1


def found(tracks: list[Track], stretch: Stretch) -> bool:
    (track,) = (track for track in tracks if track.series == stretch.series)
    return any(alert.overlaps(stretch.start, stretch.end + 3600) for alert in track.alerts)


@pytest.mark.timeout(600)
def test_the_group_and_the_season_are_found_and_severities_differ(tracks: list[Track]) -> None:
    by_kind = {stretch.kind: stretch for stretch in STRETCHES}
    assert found(tracks, by_kind["CPU without requests"])
    assert found(tracks, by_kind["orders of noon at night"])
    assert sum(found(tracks, stretch) for stretch in STRETCHES) >= len(STRETCHES) - 3
    assert len({alert.severity for track in tracks for alert in track.alerts}) >= 2


@pytest.mark.timeout(600)
def test_the_picture_shows_every_series_and_the_known_faults(messages: list[Message]) -> None:
    page = draw(messages[:20_000], CONFIGS, SeverityBands(), STRETCHES)
    headings = outline_of(page).texts
    assert "Against the labels" in headings["h2"]
    assert {"water_flow{site=pipeline-branch}", "demo-load{host=web-2}"} <= set(headings["h3"])
    assert len(page) < 2_000_000
