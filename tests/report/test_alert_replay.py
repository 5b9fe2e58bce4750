"""The events of an alert beside those of a replay."""

import msgspec
import pytest

from anomaly_stream.formats.outcomes import decode_alert, encode
from anomaly_stream.model import AlertEvent, SeverityBands
from anomaly_stream.report.alert_replay import AlertReplay
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.verdicts import Verdicts
from tests.report.build import configs_of, peaks, records_of_observations

CONFIG = "metric: flow\ndetectors: [zscore, modified_zscore, iqr]\n"


def verdicts() -> Verdicts:
    return OfflineRun(configs_of(CONFIG), SeverityBands()).judge(records_of_observations(peaks()))


@pytest.fixture
def published() -> list[bytes]:
    """The events of the first alert."""
    events = [event for _, event in verdicts().alerts]
    return [encode(event) for event in events if event.alert_id == events[0].alert_id]


def changed(value: bytes, **fields: object) -> bytes:
    event: AlertEvent = msgspec.structs.replace(decode_alert(value), **fields)
    return encode(event)


def test_each_event_is_the_same_byte_for_byte_in_order_and_once(published: list[bytes]) -> None:
    replay = AlertReplay([*reversed(published), published[0]])
    replay.add(verdicts())
    found = replay.finish()
    assert [event.status for event in found] == ["firing", "resolved"]
    assert [event.sequence for event in found] == [1, 2]
    assert {event.result for event in found} == {"same"}
    assert all(event.offset is not None and event.differences == [] for event in found)


def test_what_differs_is_named_by_path(published: list[bytes]) -> None:
    event = decode_alert(published[0])
    episode = msgspec.structs.replace(event.episode, peak_value=7.0)
    replay = AlertReplay([changed(published[0], severity="minor", episode=episode), *published[1:]])
    replay.add(verdicts())
    first, second = replay.finish()
    assert (first.result, second.result) == ("differs", "same")
    assert first.differences == [
        f"severity: minor was published, {event.severity} is made now",
        f"episode.peak_value: 7.0 was published, {event.episode.peak_value} is made now",
    ]


def test_an_event_that_the_records_do_not_give_is_missing(published: list[bytes]) -> None:
    replay = AlertReplay([*published, changed(published[0], event_id="0" * 32, sequence=9)])
    replay.add(verdicts())
    assert [event.result for event in replay.finish()] == ["same", "same", "missing"]


def test_an_event_of_a_change_of_the_config_has_no_record_to_replay(published: list[bytes]) -> None:
    replay = AlertReplay([published[0], changed(published[1], source=None)])
    replay.add(verdicts())
    assert [event.result for event in replay.finish()] == ["same", "not replayed"]
