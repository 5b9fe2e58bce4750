"""The routing file: every fault at once, with field and line; and where events go."""

from pathlib import Path

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.notify.matchers import fields_of
from tests.notify.world import ROUTING, event, routing

FAULTY = """\
route:
  receiver: taem
  group_wait: soon
  routes:
    - matchers: ['owner ~ x']
      mute_time_intervals: [nights]
    - matchers: ['severity =~ "("']
receivers:
  - name: team
    webhook: {url: "ftp://x", secret: abc}
    title: "{{ nothing }}"
"""


def test_all_faults_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        routing(tmp_path, FAULTY)
    faults = {fault.field: fault.message for fault in caught.value.faults}
    assert sorted(faults) == [
        "routing.yaml:10: receivers[0].webhook.secret",
        "routing.yaml:10: receivers[0].webhook.url",
        "routing.yaml:11: receivers[0].title",
        "routing.yaml:2: route.receiver",
        "routing.yaml:3: route.group_wait",
        "routing.yaml:5: route.routes[0].matchers[0]",
        "routing.yaml:6: route.routes[0].mute_time_intervals",
        "routing.yaml:7: route.routes[1].matchers[0]",
    ]
    assert "did you mean 'team'" in faults["routing.yaml:2: route.receiver"]
    assert "abc" not in str(caught.value)


def test_an_event_goes_to_the_first_route_that_takes_it_and_on_where_it_continues(tmp_path: Path) -> None:
    root = routing(tmp_path).root
    found = {
        severity: [route.receiver for route in root.find(fields_of(event("a", severity=severity)))]
        for severity in ("minor", "severe")
    }
    assert found == {"minor": ["team"], "severe": ["pager", "team"]}
    assert [route.id for route in root.find({"owner": "web"})] == [root.id]


def test_an_event_is_routed_by_the_side_of_what_was_found(tmp_path: Path) -> None:
    """Events of groups, and those of earlier releases, have none: a route can name that too."""
    route = "    - {matchers: ['side != below'], receiver: pager}\n"
    root = routing(tmp_path, ROUTING.replace("  routes:\n", f"  routes:\n{route}")).root
    one = {"severity": "minor", "owner": "payments"}
    found = {
        side: [route.receiver for route in root.find(fields_of(event("a", **one, **given)))]
        for side, given in {"above": {"side": "above"}, "below": {"side": "below"}, "none": {}}.items()
    }
    assert found == {"above": ["pager"], "below": ["team"], "none": ["pager"]}
