"""Selectors that can match nothing are refused, and those that can are not."""

from typing import Any

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.registry.parsing import parse_config
from tests.registry.test_parsing import CONTEXT


@pytest.mark.parametrize(
    ("matcher", "message"),
    [
        (["=~web-.*", "!~web-.*"], "'=~web-.*' and '!~web-.*' exclude each other: remove one of them"),
        (["=~a|b", "!~a|b|c"], "exclude each other"),
        (["=~a", "!=a"], "'=~a' and '!=a' exclude each other"),
        ("=~$a", "no value matches '=~$a'"),
        ("=~a^b", "no value matches"),
        ("=~web-$x", "at its end, and both are implied: remove them"),
    ],
)
def test_matchers_without_a_value_are_refused(matcher: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"metric": "m", "match": {"host": matcher}}, CONTEXT)
    (fault,) = caught.value.faults
    assert fault.field == "match"
    assert message in fault.message


@pytest.mark.parametrize(
    "matcher",
    [
        ["=~web-.*", "!~web-1.*"],
        ["=~a|b", "!=a"],
        "=~^a$",
        "=~^(a|b)$",
        "=~",
        "=~$",
        "=~a$|b",
        "=~.*a",
        "=~[$]a",
    ],
)
def test_matchers_with_a_value_are_valid(matcher: object) -> None:
    assert parse_config({"metric": "m", "match": {"host": matcher}}, CONTEXT).id


def group(one: object, other: object, by: str = "host") -> dict[str, Any]:
    a, b = ({"metric": name, "match": {"host": match}} for name, match in (("ga", one), ("gb", other)))
    return {"id": "grp", "by": [by], "members": {"a": a, "b": b, "c": {"metric": "gc"}}}


@pytest.mark.parametrize(
    ("one", "other"), [("x", "y"), ("x", "!=x"), ("=~web-.*", "!~web-.*"), ("=~a.*", "=~b.*")]
)
def test_members_that_no_instance_can_hold_together_are_refused(one: str, other: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(group(one, other), CONTEXT)
    (fault,) = caught.value.faults
    assert "no instance can hold both a and b" in fault.message
    assert "remove 'host' from by, or from the match of one of them" in fault.message


@pytest.mark.parametrize(
    "document", [group("x", "x"), group("=~web-.*", "web-1"), group("x", "y", by="site")]
)
def test_members_that_can_meet_are_valid(document: dict[str, Any]) -> None:
    assert parse_config(document, CONTEXT).id == "grp"
