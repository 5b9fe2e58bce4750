"""Lists of alerts and incidents: every filter of the API, and what is said of those that are left out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from anomaly_stream.api.alert_filters import AlertQuery, IncidentQuery
from anomaly_stream.api.routes.feedback import PrecisionQuery
from anomaly_stream.api.routes.silences import SilenceQuery
from anomaly_stream.cli import command_tree
from scripts.reference.commands import options, verbs
from tests.api.served import Served
from tests.cli.test_faults import run
from tests.history.messages import NOW, alert_event, alerts

Capture = pytest.CaptureFixture[str]


def hour(n: int) -> float:
    return NOW + 3600.0 * n


A: dict[str, Any] = {"start": hour(0), "labels": {"host": "a", "env": "prod"}, "incident_id": "one"}
B: dict[str, Any] = {
    "start": hour(2), "labels": {"host": "b", "env": "prod"}, "severity": "minor", "incident_id": "two",
}  # fmt: skip
C: dict[str, Any] = {"start": hour(4), "metric": "disk", "config_id": "disk", "labels": {"host": "c"}}
EVENTS = (
    alert_event("a", at=hour(0), **A),
    alert_event("a", "resolved", at=hour(1), **A),
    alert_event("b", at=hour(2), **B),
    alert_event("b", "updated", at=hour(3), **B),
    alert_event("c", at=hour(4), **C, incident_id="three"),
)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    made.world.history.record_with(
        lambda event, _: ("s1",) if event.alert_id == "c" else (), *alerts(*EVENTS)
    )
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _api(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOMALY_API_URL", served.url)
    monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["payments"])


@pytest.mark.parametrize(
    ("verb", "query"),
    [
        ("alerts list", AlertQuery),
        ("incidents list", IncidentQuery),
        ("alerts precision", PrecisionQuery),
        ("silences list", SilenceQuery),
    ],
)
def test_every_filter_of_the_api_is_an_option(verb: str, query: type[BaseModel]) -> None:
    command = dict(verbs(command_tree(), ""))[f" {verb}"]
    known = {name.removeprefix("--") for option in options(command) for name in option.opts}
    assert set(query.model_fields) - {"cursor", "limit"} <= known


def listed(capsys: Capture, verb: str, field: str, *given: str) -> list[str]:
    code, out, err = run(capsys, verb, "list", "--json", *given)
    assert code == 0, err
    return [json.loads(line)[field] for line in out.splitlines()]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("", "cba"),
        ("--owner search", ""),
        ("--owner payments --config disk", "c"),
        ("--metric disk", "c"),
        ("--label host=a", "a"),
        ("--label env --label host=b", "b"),
        ("--severity minor", "b"),
        ("--severity minor --severity severe", "cba"),
        ("--suppressed", "c"),
        ("--not-suppressed", "ba"),
        ("--since 2026-05-28T21:56:39", "cb"),
        ("--until 2026-05-28T20:26:40Z", ""),
        ("--until 2026-05-28T20:26:41Z", "a"),
    ],
)
def test_filters(capsys: Capture, given: str, found: str) -> None:
    assert listed(capsys, "alerts", "alert_id", *given.split()) == [*found]
    incidents = {"a": "one", "b": "two", "c": "three"}
    asked = listed(capsys, "incidents", "incident_id", *given.split())
    assert asked == [incidents[each] for each in found]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("--status firing", "c"),
        ("--status firing --status updated --status reminder", "cb"),
        ("--status resolved", "a"),
        ("--incident two", "b"),
    ],
)
def test_filters_of_alerts(capsys: Capture, given: str, found: str) -> None:
    assert listed(capsys, "alerts", "alert_id", *given.split()) == [*found]


def test_the_status_of_incidents(capsys: Capture) -> None:
    assert listed(capsys, "incidents", "incident_id", "--status", "resolved") == ["one"]
    assert run(capsys, "incidents", "list", "--status", "updated")[0] == 2


@pytest.mark.parametrize("verb", ["alerts", "incidents"])
def test_a_last_line_says_that_more_exist(capsys: Capture, verb: str) -> None:
    code, out, err = run(capsys, verb, "list", "--limit", "2")
    assert (code, len(out.splitlines())) == (0, 3)
    assert err.splitlines()[-1] == (
        "anomaly-stream: these are the latest 2, and more exist: raise --limit to list them, or narrow the "
        "list with --until and the other filters"
    )
    code, out, err = run(capsys, verb, "list", "--limit", "3", "--json")
    assert (code, len(out.splitlines()), "more exist" in err) == (0, 3, False)


def test_the_table_has_the_whole_id_and_the_zone_of_times(capsys: Capture) -> None:
    heading, line = run(capsys, "alerts", "list", "--metric", "disk")[1].splitlines()
    assert heading.split() == ["alert", "began", "status", "severity", "explanation"]
    assert line == "c      2026-05-29 00:26:40 UTC  firing  severe    load is 2"
    assert run(capsys, "alerts", "list", "--metric", "none")[1] == "There is none.\n"


def test_precision_of_a_metric_until_a_time(capsys: Capture) -> None:
    for alert in "ac":
        assert run(capsys, "alerts", "feedback", alert, "true_alarm")[0] == 0

    def counted(*given: str) -> int:
        return len(run(capsys, "alerts", "precision", *given)[1].splitlines()) - 1

    assert (counted(), counted("--metric", "disk"), counted("--until", "2026-05-28T21:00")) == (2, 1, 1)
