from typing import Any

import pytest

from anomaly_stream.registry.parsing import parse_config
from tests.registry.test_parsing import CONTEXT, faults, parse


@pytest.mark.parametrize(
    ("match", "fault"),
    [
        ({"host": ["web-1", "web-2"]}, 'for either of them write "=~web-1|web-2"'),
        ({"host": ["web-1", "db.2", "=web-1"]}, 'write "=~web-1|db\\.2"'),
        ({"host": ["web-1", "!=web-1"]}, "'web-1' and '!=web-1' exclude each other"),
        ({"host": ["db-1", "=~web-.*"]}, "'db-1' and '=~web-.*' exclude each other"),
        ({"host": ["web-1", "!~web-.*"]}, "'web-1' and '!~web-.*' exclude each other"),
        ({"host": "web-*"}, 'write "=~web-.*" for a pattern, or "=web-*" for that very value'),
        ({"host": "web-{1,2}"}, 'write "=~web-(1|2)" for a pattern, or "=web-{1,2}" for that very value'),
        ({"host": "^web-[0-9]+$"}, 'write "=~^web-[0-9]+$" for a pattern'),
        ({"host": ["=~web-.*", "=~db-.*"]}, 'for either of them write "=~web-.*|db-.*"'),
        ({"host": []}, "the list is empty"),
        ({"host": "!~.*"}, "excludes every series"),
        ({"host": "!=~web"}, "write '!~web'"),
        ({"host": "=~*-web"}, "write '.*' for any text"),
        ({"host": "=~(?!web).*"}, "RE2 has no look-around"),
    ],
)
def test_selectors_that_match_nothing_are_refused(match: dict[str, Any], fault: str) -> None:
    assert fault in faults({"metric": "m", "match": match})["match"]


@pytest.mark.parametrize(
    "match",
    [
        {"host": ["web-1", "web-1"]},
        {"host": ["web-1", "=~web-.*", "!=web-2"]},
        {"path": "=/*"},
        {"host": "!=web-*"},
        {"host": ["=~web-.*", "=~.*-1"]},
        {"host": ["=~(?i)web", "=~WEB"]},
        {"host": "!~.+"},
        {"a": "x", "b": "y"},
    ],
)
def test_selectors_that_match_something_are_taken(match: dict[str, Any]) -> None:
    assert parse(match=match).matchers


def test_the_cure_is_valid() -> None:
    assert parse(match={"host": "=~web-1|web-2"}).matchers[0].op == "=~"
    assert parse(match={"path": "=/*"}).matchers[0].value == "/*"


@pytest.mark.parametrize(
    ("metric", "fault"),
    [
        ("latency_{p50,p99}", "a wider glob such as 'latency_*'"),
        ("{cpu,mem}.load", "'{cpu,mem}' is no list of alternatives"),
        ("latency_{p50,p99}*", "a wider glob such as 'latency_*'"),
        ("=cpu", "begins with '=', an operator of match"),
        ("~m.*", "a glob such as 'm*'"),
        ("=~cpu.+", "begins with '=~', an operator of match"),
        ("!~x", "begins with '!~'"),
        ("!=x", "begins with '!='"),
    ],
)
def test_metrics_that_match_nothing_are_refused(metric: str, fault: str) -> None:
    assert fault in faults({"metric": metric})["metric"]
    group = {"id": "g", "members": {"a": metric, "b": {"metric": metric}}}
    found = faults(group, CONTEXT)
    assert [fault in message for message in found.values()] == [True, True]


@pytest.mark.parametrize("metric", ['cpu{host="a",zone="b"}', "{odd}", "cpu.*", "a~b"])
def test_plausible_names_are_accepted(metric: str) -> None:
    assert parse_config({"metric": metric}, CONTEXT).id
