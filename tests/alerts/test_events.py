"""Outcomes to score records and alert events."""

import json
import math

import pytest
from msgspec import UNSET

from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id, incident_id
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.formats.outcomes import decode_alert, decode_score, encode
from anomaly_stream.model import AnomalyDetectionConfig, Series, Severity, Source, Status, Transition
from tests.alerts.outcomes import LARGEST, Row, Scene

NAN = math.nan
FLOW = Series.of("flow", {"site": "A"})
LEARNING = Row(
    status=Status.LEARNING,
    expected=NAN,
    lower=NAN,
    upper=NAN,
    score=NAN,
    alert_threshold=NAN,
    severity=Severity.NONE,
    transition=Transition.NONE,
    statistic=(NAN, NAN, NAN),
    p=(NAN, NAN, NAN),
)


def test_a_score_record_says_it_all() -> None:
    ((key, record),) = score_records(*Scene([Row()]).arguments())
    assert key == FLOW.key
    assert encode(record) == (
        b'{"schema_version":1,"config_id":"flows","metric":"flow","labels":{"site":"A"},'
        b'"timestamp":1700000000.0,"value":812.4,"status":"anomaly","expected":92.1,"lower":61.04,"upper":118.3,'
        b'"score":73.0,"alert_score":73.0,"maturity":null,"severity":"moderate","reason":"distance","detectors":{"'
        + NAMES[0].encode()
        + b'":{"statistic":24.5,"p":1e-9},"'
        + NAMES[2].encode()
        + b'":{"statistic":19.25,"p":3e-6}},'
        b'"source":{"topic":"metrics","partition":3,"offset":1000},"side":"above"}'
    )
    assert decode_score(encode(record)) == record


def test_absent_values_are_null() -> None:
    ((_, record),) = score_records(*Scene([LEARNING]).arguments())
    assert record.status == "learning"
    assert (record.expected, record.lower, record.upper, record.score, record.severity) == (None,) * 5
    assert record.detectors == {}


@pytest.mark.parametrize(("step_s", "said"), [(0.0, True), (60.0, False)])
def test_a_threshold_of_the_series_itself_is_said(step_s: float, said: bool) -> None:
    config = AnomalyDetectionConfig(
        id="flows", metric="flow", false_alarms_per_week=1.0, false_alarms_step_s=step_s
    )
    ((_, record),) = score_records(*Scene([Row(alert_threshold=72.5)], config).arguments())
    assert (b',"alert_threshold":72.5,' in encode(record)) == said
    assert b"alert_threshold" not in encode(score_records(*Scene([LEARNING], config).arguments())[0][1])


def test_the_side_of_what_was_found() -> None:
    auto, flat = NAMES.index("auto"), NAMES.index("flat_line")
    rows = [
        Row(side=-1),
        Row(source_detector=auto, reason=2, side=1),
        Row(source_detector=auto, reason=3, side=-1),
        Row(source_detector=flat, side=1),
        Row(status=Status.NORMAL, severity=Severity.NONE, side=1, transition=Transition.RESOLVED),
    ]
    arguments = Scene(rows).arguments()
    found = [(record.reason, record.side) for _, record in score_records(*arguments)]
    assert found == [
        ("distance", "below"),
        ("variance_change", "above"),
        ("mean_shift", "below"),
        ("flat_line", UNSET),
        (None, UNSET),
    ]
    assert [(event.reason, event.side) for _, event in alert_events(*arguments)] == found
    assert b'"side"' not in encode(score_records(*arguments)[3][1])


def test_a_side_without_an_edge_is_null() -> None:
    arguments = Scene([Row(lower=-LARGEST)]).arguments()
    ((_, record),) = score_records(*arguments)
    ((_, event),) = alert_events(*arguments)
    assert (record.lower, record.upper) == (event.lower, event.upper) == (None, 118.3)


def test_only_what_is_asked_for() -> None:
    quiet = Row(publish=False, transition=Transition.NONE)
    arguments = Scene([quiet, Row(publish=False), quiet, Row(transition=Transition.NONE)]).arguments()
    assert [record.source.offset for _, record in score_records(*arguments)] == [1003]
    assert [event.source.offset for _, event in alert_events(*arguments)] == [1001]


def test_an_episode_shares_its_alert_id() -> None:
    rows = [
        Row(),
        Row(
            transition=Transition.UPDATED,
            alert_severity=Severity.SEVERE,
            end=1_700_000_001.0,
            count=2,
            sequence=2,
        ),
        Row(
            transition=Transition.REMINDER,
            alert_severity=Severity.SEVERE,
            end=1_700_000_002.0,
            count=3,
            sequence=3,
        ),
        Row(
            status=Status.NORMAL,
            severity=Severity.NONE,
            value=90.0,
            score=2.0,
            transition=Transition.RESOLVED,
            alert_severity=Severity.SEVERE,
            end=1_700_000_002.0,
            count=3,
            sequence=4,
        ),
    ]
    published = alert_events(*Scene(rows).arguments())
    alert = alert_id("flows", FLOW, 1_700_000_000.0)
    assert {key for key, _ in published} == {alert_fingerprint("flows", FLOW).encode()}
    events = [event for _, event in published]
    assert [event.status for event in events] == ["firing", "updated", "reminder", "resolved"]
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert [event.severity for event in events] == ["moderate", "severe", "severe", "severe"]
    assert [event.alert_id for event in events] == [alert] * 4
    assert [event.event_id for event in events] == [
        event_id(alert, status, 1_700_000_000.0 + i)
        for i, status in enumerate(("firing", "updated", "reminder", "resolved"))
    ]
    assert [event.source for event in events] == [Source("metrics", 3, 1000 + i) for i in range(4)]
    assert events[3].episode.count == 3
    assert all(decode_alert(encode(event)) == event for event in events)


def test_the_labels_of_the_series_win() -> None:
    config = AnomalyDetectionConfig(
        id="flows",
        metric="flow",
        labels={"team": "x", "site": "none"},
        annotations={"runbook_url": "https://r"},
    )
    ((_, event),) = alert_events(*Scene([Row()], config).arguments())
    assert event.labels == {"site": "A", "team": "x"}
    assert event.annotations == {"runbook_url": "https://r"}


def test_an_event_of_an_earlier_release_has_no_number() -> None:
    ((_, event),) = alert_events(*Scene([Row()]).arguments())
    written = json.loads(encode(event))
    assert written.pop("sequence") == 1
    assert decode_alert(json.dumps(written).encode()).sequence == 0


def test_alerts_that_start_together_and_share_labels_are_one_incident() -> None:
    config = AnomalyDetectionConfig(
        id="flows", metric="flow", owner="water", labels={"dc": "1"}, incident_by=("dc", "site")
    )
    rows = [Row(), Row(transition=Transition.UPDATED, count=2, sequence=2), Row(start=1_700_000_399.0)]
    events = [event for _, event in alert_events(*Scene(rows, config).arguments())]
    assert len({event.alert_id for event in events}) == 2
    labels = {"dc": "1", "site": "A", "other": "x"}
    expected = incident_id("water", labels, ("dc", "site"), 600.0, 1_700_000_000.0)
    assert {event.incident_id for event in events} == {expected}
    (alone,) = alert_events(*Scene([Row(start=1_700_000_400.0)], config).arguments())
    assert alone[1].incident_id not in (None, expected)  # the next window begins at a multiple of 600 s


def test_an_incident_is_of_one_owner_and_of_the_values_of_its_labels() -> None:
    labels = {"host": "a", "dc": "1"}
    ids = {
        incident_id("water", labels, ("host",), 600.0, 1000.0),
        incident_id("fire", labels, ("host",), 600.0, 1000.0),
        incident_id("water", {**labels, "host": "b"}, ("host",), 600.0, 1000.0),
        incident_id("water", labels, ("dc",), 600.0, 1000.0),
        incident_id("water", labels, ("dc", "host"), 600.0, 1000.0),
        incident_id("water", labels, ("host",), 300.0, 1000.0),
        incident_id("water", labels, ("host",), 600.0, 1200.0),
    }
    assert len(ids) == 7
    assert incident_id("water", labels, ("host", "rack"), 600.0, 1000.0) is None
    assert incident_id("water", labels, (), 600.0, 1000.0) is None
    assert incident_id("water", labels, ("host",), 600.0, -1.0) is not None


def test_ids_never_change() -> None:
    alert = alert_id("flows", FLOW, 1_700_000_000.25)
    assert alert_fingerprint("flows", FLOW) == "aa89061f89d4c92f"
    assert alert == "f70d0a4c1b57012a94e3e2de0b97d4be"
    assert event_id(alert, "firing", 1_700_000_000.25) == "6b942cadff8f6b4c30c5eac77457a246"
    shared = incident_id("water", {"host": "a"}, ("host",), 600.0, 1_700_000_000.25)
    assert shared == "b485e6473240a8333a9b7c1388f71a81"
