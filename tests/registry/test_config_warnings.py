from typing import Any

import pytest

from anomaly_stream.registry.config_record import decode_record, encode_record
from anomaly_stream.registry.parsing import parse_document, validate_config
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(
    ("auto", "zscore", "modified_zscore", "iqr", "spot"),
    kinds={"auto": "model", "spot": "calibrator"},
    group_detectors=("gated_residual", "correlation"),
)


def warnings(document: dict[str, Any]) -> dict[str, str]:
    _, found = validate_config(document, CONTEXT)
    return {warning.field: warning.message for warning in found}


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"baseline_period": "365d"}, "baseline_period", "no effect on the detector 'auto'"),
        ({"window_points": 100}, "window_points", "no effect on the detector 'auto'"),
        ({"adapt": "slow"}, "adapt", "no effect on the detector 'auto'"),
        ({"relearn_after": 9}, "relearn_after", "no effect on the detector 'auto'"),
        ({"timezone": "Europe/Berlin"}, "timezone", "learns days and weeks in UTC"),
        ({"timezone": "Europe/Berlin", "detectors": ["iqr"]}, "timezone", "add a seasonality such as daily"),
        ({"detectors": ["iqr"], "adapt": "slow", "relearn_after": 9}, "adapt", "beside relearn_after"),
        ({"seasonality": "daily", "holidays": {"treat": "skip"}}, "holidays", "add a country or dates"),
        ({"match": {"host": "=~web-*"}}, "match", "write '=~web-.*'"),
        ({"match": {"host": "=~.*"}}, "match", "matches every series"),
        ({"match": {"host": "!=web-*"}}, "match", "'!~web-.*'"),
        ({"match": {"host": "!=web-{1,2}"}}, "match", "'!~web-(1|2)'"),
        ({"match": {"host": "web-1, web-2"}}, "match", "'=~web-1|web-2'"),
        ({"match": {"host": "==web"}}, "match", "write one '='"),
        ({"match": {"host": "= web"}}, "match", "begins or ends with a space"),
        ({"match": {"host ": "web"}}, "match", "'host ' begins or ends with a space"),
        ({"metric": "cpu "}, "metric", "begins or ends with a space"),
        ({"metric": "^cpu$"}, "metric", "looks like a regular expression"),
        ({"metric": "cpu|mem"}, "metric", "looks like a regular expression"),
        ({"metric": 'cpu{host="a"}'}, "metric", "labels belong in match"),
    ],
)
def test_fields_without_effect_are_warned_of(fields: dict[str, Any], field: str, text: str) -> None:
    found = warnings({"metric": "m", **fields})
    assert list(found) == [field]
    assert text in found[field]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"preset": "business"},
        {"preset": "business", "timezone": "Europe/Berlin"},
        {"preset": "business", "baseline_period": "60d"},
        {"detectors": ["iqr"], "adapt": "slow"},
        {"seasonality": "daily", "timezone": "Europe/Berlin", "holidays": {"country": "DE"}},
        {"match": {"host": ["=~web-.*", "!~.*-[0-9]*", "=~(w|b).*(a|b)*"]}},
        {"metric": "cpu.*"},
        {"metric": "latency_*"},
    ],
)
def test_fields_with_an_effect_get_no_warning(fields: dict[str, Any]) -> None:
    assert warnings({"metric": "m", **fields}) == {}


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"missing": "omit", "tolerance": "20s"}, "tolerance", "no effect with missing: omit"),
        ({"members": {"a": "cpu", "b": "cpu"}}, "members", "a and b are the same series"),
        ({"members": {"a": "cpu", "b": "^mem"}}, "members.b.metric", "looks like a regular expression"),
        (
            {"members": {"a": "cpu", "b": {"metric": "m", "match": {"h": "=~w-*"}}}},
            "members.b.match",
            "=~w-.*",
        ),
    ],
)
def test_groups_are_warned_of_too(fields: dict[str, Any], field: str, text: str) -> None:
    found = warnings({"id": "g", "members": {"a": "cpu", "b": "mem"}, **fields})
    assert list(found) == [field]
    assert text in found[field]


def test_warnings_have_the_place_in_the_file_and_reach_the_record() -> None:
    parsed = parse_document("- metric: a\n- {metric: b, adapt: slow}", "f.yaml", CONTEXT)
    assert [[warning.field for warning in one.warnings] for one in parsed] == [[], ["f.yaml:2: [1].adapt"]]
    record = Registry(CONTEXT).revise(parsed[1], "ann", 1)
    assert record is not None
    assert [warning.field for warning in decode_record(*encode_record(record), CONTEXT).warnings] == ["adapt"]
