import json
from typing import Any

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.model import AnomalyDetectionConfig, Direction, Publish, SeverityBands
from anomaly_stream.model.config import LabelMatcher, SpecialDays
from anomaly_stream.registry.parsing import parse_config, parse_document
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(
    ("zscore", "modified_zscore", "iqr", "ewma", "spot", "own"),
    kinds={"ewma": "pattern", "spot": "calibrator", "own": "model"},
)


def parse(**fields: Any) -> AnomalyDetectionConfig:
    return parse_config({"metric": "flow", **fields}, CONTEXT)


def faults(document: object, context: ValidationContext = CONTEXT) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(document, context)
    return {fault.field: fault.message for fault in caught.value.faults}


def text_faults(text: str, name: str = "f.yaml") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, name, CONTEXT)
    return [str(fault) for fault in caught.value.faults]


def test_metric_alone_gives_the_defaults() -> None:
    assert parse() == AnomalyDetectionConfig(id="flow", metric="flow")


def test_every_field() -> None:
    assert parse(
        id="flow-a",
        owner="water",
        match={"site": "A", "host": ["=~web-.*", "!~.*-9"], "env": "!=test", "odd": "==~x"},
        baseline_period="1h30m",
        sensitivity="high",
        alert_threshold="severe",
        detectors=["iqr"],
        direction="above",
        min_deviation={"absolute": 2, "relative": 0.1},
        seasonality=["weekly", "daily"],
        timezone="Europe/Berlin",
        holidays={"country": "DE", "subdivision": "BY", "dates": ["1970-01-11/1970-01-13"], "treat": "skip"},
        adapt="slow",
        min_observations=10,
        window_points=100,
        relearn_after=50,
        resolve_after=3,
        publish="all",
        labels={"team": "water"},
        annotations={"runbook_url": "https://example.org"},
    ) == AnomalyDetectionConfig(
        id="flow-a",
        metric="flow",
        owner="water",
        matchers=(
            LabelMatcher("env", "!=", "test"),
            LabelMatcher("host", "!~", ".*-9"),
            LabelMatcher("host", "=~", "web-.*"),
            LabelMatcher("odd", "=", "=~x"),
            LabelMatcher("site", "=", "A"),
        ),
        baseline_period_s=5400.0,
        sensitivity_score=30.0,
        alert_score=80.0,
        detectors=("iqr",),
        direction=Direction.ABOVE,
        min_deviation=2.0,
        min_deviation_relative=0.1,
        min_observations=10,
        window_points=100,
        seasonality=("daily", "weekly"),
        timezone="Europe/Berlin",
        holidays=SpecialDays("DE", "BY", ((10, 12),), skip=True),
        adapt="slow",
        relearn_after=50,
        resolve_after=3,
        publish=Publish.ALL,
        labels={"team": "water"},
        annotations={"runbook_url": "https://example.org"},
    )


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [("7d", 604800), ("90m", 5400), ("1h30m", 5400), ("1.5h", 5400), ("1h 30m", 5400), ("500ms", 0.5),
     ("2w", 1209600), (30, 30), (0.5, 0.5)],
)  # fmt: skip
def test_baseline_period(spelled: object, seconds: float) -> None:
    assert parse(baseline_period=spelled).baseline_period_s == seconds


@pytest.mark.parametrize(
    "spelled", ["7", "7x", "", "d", "-1d", "1d2", 0, -5, True, None, "4000d", [1], float("inf")]
)
def test_wrong_baseline_period(spelled: object) -> None:
    assert list(faults({"metric": "m", "baseline_period": spelled})) == ["baseline_period"]


@pytest.mark.parametrize(
    ("sensitivity", "score"), [("low", 50), ("medium", 40), ("high", 30), (0, 60), (1, 20), (0.25, 50)]
)
def test_sensitivity(sensitivity: object, score: float) -> None:
    assert parse(sensitivity=sensitivity).sensitivity_score == score


@pytest.mark.parametrize(
    ("fields", "score"),
    [
        ({}, 60),
        ({"alert_threshold": "minor"}, 40),
        ({"alert_threshold": "severe"}, 80),
        ({"alert_threshold": 40}, 40),
        ({"alert_threshold": 99.5}, 99.5),
        ({"alert_threshold": "minor", "sensitivity": "low"}, 50),
    ],
)
def test_alert_threshold(fields: dict[str, Any], score: float) -> None:
    assert parse(**fields).alert_score == score


def test_severities_follow_the_bands_and_never_fall_below_sensitivity() -> None:
    context = ValidationContext(CONTEXT.detectors, SeverityBands(moderate=45, severe=70))
    assert parse_config({"metric": "m"}, context).alert_score == 45
    assert parse_config({"metric": "m", "sensitivity": "low"}, context).alert_score == 50
    assert parse_config({"metric": "m", "alert_threshold": "severe"}, context).alert_score == 70


def test_an_explicit_threshold_below_sensitivity_is_a_fault() -> None:
    message = faults({"metric": "m", "sensitivity": "low", "alert_threshold": 49})["alert_threshold"]
    assert message == "must be at least 50, the threshold score of sensitivity, not 49"


def test_min_deviation_as_a_number() -> None:
    config = parse(min_deviation=3)
    assert (config.min_deviation, config.min_deviation_relative) == (3.0, 0.0)


def test_a_small_window_lowers_the_default_of_min_observations_only() -> None:
    assert parse(window_points=20).min_observations == 10
    assert "half of window_points" in faults({"metric": "m", "window_points": 20, "min_observations": 11})[
        "min_observations"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "config_id"),
    [("flow", "flow"), ("node_cpu:rate", "node_cpu-rate"), ("*", "all"), ("web *", "web"), ("größe", "gr-e")],
)
def test_default_id(metric: str, config_id: str) -> None:
    assert parse_config({"metric": metric}, CONTEXT).id == config_id


def test_all_faults_at_once_by_field() -> None:
    found = faults(
        {
            "metrc": "x",
            "id": "a b",
            "match": {"a": 1, "b": "~x", "c": "=~("},
            "sensitivity": 3,
            "alert_threshold": "high",
            "detectors": ["zscor", "iqr", "iqr"],
            "direction": "up",
            "min_deviation": {"abs": 1},
            "min_observations": True,
            "resolve_after": 0,
            "publish": None,
            "labels": {"a": 1},
            "annotations": "x",
        }
    )
    assert found.pop("metrc") == "unknown field; did you mean 'metric'?"
    assert found.pop("metric") == "is required"
    assert found.pop("detectors") == "'zscor' is not a detector; did you mean 'zscore'?, 'iqr' is named twice"
    assert found.pop("min_deviation.abs") == "unknown field; known are absolute, relative"
    assert found.pop("labels.a") == "must be a string: write '1' in quotes"
    match = found.pop("match")
    assert "a: label values are strings" in match
    assert "b: '~x' begins with half an operator" in match
    assert "c: '(' is not a regular expression" in match
    assert set(found) == {
        "id", "sensitivity", "alert_threshold", "direction", "min_observations", "resolve_after", "publish",
        "annotations",
    }  # fmt: skip


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "1", True])
def test_wrong_min_deviation(value: object) -> None:
    assert len(faults({"metric": "m", "min_deviation": value})) == 1


@pytest.mark.parametrize("document", [None, 3, "flow", [], [{"metric": "m"}]])
def test_a_config_is_a_mapping(document: object) -> None:
    assert faults(document) == {"config": "must be a mapping"}


def test_long_names_count_in_bytes() -> None:
    assert faults({"metric": "ü" * 128}) == {"metric": "must be at most 255 bytes"}


@pytest.mark.parametrize(
    ("name", "text", "ids"),
    [
        ("f.yaml", "metric: a", ["a"]),
        ("f.yaml", "- metric: a\n- metric: b", ["a", "b"]),
        ("f.yaml", "configs:\n- metric: a\n- metric: b", ["a", "b"]),
        ("f.yaml", "---\nmetric: a\n---\n- metric: b\n---\nconfigs: [{metric: c}]\n---\n", ["a", "b", "c"]),
        ("f.yaml", '{"metric": "a"}', ["a"]),
        ("f.json", '[{"metric": "a"}, {"metric": "b"}]', ["a", "b"]),
        ("-", "base: &x\n", None),
    ],
)
def test_shapes_of_documents(name: str, text: str, ids: list[str] | None) -> None:
    if ids is None:
        assert text_faults(text, name)
    else:
        assert [parsed.config.id for parsed in parse_document(text, name, CONTEXT)] == ids


def test_the_document_is_kept_as_written_with_its_id() -> None:
    (parsed,) = parse_document("metric: a\nbaseline_period: 1h", "f.yaml", CONTEXT)
    assert parsed.document == {"metric": "a", "baseline_period": "1h", "id": "a"}


def test_faults_of_several_configs_say_where() -> None:
    found = text_faults("metric: x\n---\nconfigs:\n- metric: y\n  baseline_period: 7q\n- metric: x\n- 5")
    assert found[0].startswith(
        "f.yaml:5: document[1].configs[0].baseline_period: must be a number of seconds"
    )
    assert found[1] == (
        "f.yaml:6: document[1].configs[1].id: 'x' is also the id at f.yaml:1: give each config its own"
    )
    assert found[2] == "f.yaml:7: document[1].configs[2]: must be a mapping"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.yaml", "a: ["),
        ("f.yaml", "metric: a\nmetric: b"),
        ("f.yaml", "metric: a\nlabels: {a: b, a: c}"),
        ("f.yaml", "configs: []\nowner: x"),
        ("f.yaml", "!!python/object/apply:os.system [ls]"),
        ("f.yaml", "[" * 5000),
        ("f.yaml", "? [a]\n: b"),
        ("f.yaml", "\x00"),
        ("f.json", '{"metric": "a", "metric": "b"}'),
        ("f.json", "metric: a"),
        ("f.yaml", ""),
        ("f.yaml", "[]"),
        ("f.json", "{" + '"a":[' * 100_000),
    ],
)
def test_texts_that_are_no_configs(name: str, text: str) -> None:
    (fault,) = text_faults(text, name)
    assert fault.startswith(name)


def test_a_yaml_merge_key_is_no_duplicate() -> None:
    text = "- &base {metric: a, owner: x}\n- {<<: *base, metric: b}"
    configs = [parsed.config for parsed in parse_document(text, "f.yaml", CONTEXT)]
    assert [(config.metric, config.owner) for config in configs] == [("a", "x"), ("b", "x")]


def test_json_and_yaml_agree() -> None:
    document = {"metric": "a", "baseline_period": 3600, "match": {"site": ["=~A|B"]}, "labels": {"k": "v"}}
    text = json.dumps(document)
    assert parse_document(text, "f.json", CONTEXT) == parse_document(text, "f.yaml", CONTEXT)


def test_detectors_that_do_not_go_together() -> None:
    for names, fault in (
        (["own", "iqr"], "'own' has a baseline of its own: it must be the only detector"),
        (["spot", "ewma"], "'spot' calibrates others: name one of them too"),
    ):
        assert faults({"metric": "flow", "detectors": names}) == {"detectors": fault}
    for good in (["own"], ["spot", "iqr"], ["ewma"], ["ewma", "iqr"]):
        assert parse(detectors=good).detectors == tuple(good)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("metric: m\n# why\nowner: 5\nlabels:\n  a: b\n  c: 5", ["f.yaml:3: owner", "f.yaml:6: labels.c"]),
        ("\n---\nid: a\n---\nmetric: m\ndetectors: [\n  zscore,\n  5]",
         ["f.yaml:3: document[0].metric", "f.yaml:8: document[1].detectors[1]"]),
        ("id: g\nmembers:\n  a: x\n  b:\n    metrc: y\nby: host",
         ["f.yaml:4: members.b.metric", "f.yaml:5: members.b.metrc", "f.yaml:6: by"]),
        ("configs:\n- &a {metric: m, owner: 5}\n- <<: *a\n  id: b",
         ["f.yaml:2: configs[0].owner", "f.yaml:3: configs[1].owner"]),
        ("- &a [*a]", ["f.yaml:1: [0]"]),
    ],
)  # fmt: skip
def test_faults_name_file_line_and_field(text: str, places: list[str]) -> None:
    found = text_faults(text)
    assert len(found) == len(places)
    assert all(one.startswith(f"{place}: ") for one, place in zip(found, places, strict=True)), found


def test_json_has_lines_however_it_is_indented() -> None:
    assert text_faults('{\n\t"metric": "m",\n\t"owner": 5\n}', "f.json") == [
        "f.json:3: owner: must be a string: write '5' in quotes"
    ]


def test_a_duplicate_key_names_its_line() -> None:
    assert text_faults("metric: m\nlabels:\n  a: b\n  a: c") == [
        "f.yaml: cannot be read: line 4, column 3: the key 'a' occurs twice in one mapping"
    ]


def test_a_typo_in_a_member_gets_a_suggestion() -> None:
    members = {"a": "x", "b": {"metric": "y", "agregate": "max"}}
    assert faults({"id": "g", "members": members}) == {
        "members.b.agregate": "unknown field; did you mean 'aggregate'?"
    }
    assert faults({"id": "g", "members": ["a", "b"]}) == {"members": "must be a mapping, not a list"}


@pytest.mark.parametrize(
    ("spelled", "fault"),
    [
        (["daily", "7d"], "must be none, detect, or one or several of daily, weekly, hour_of_week, not '7d'"),
        (["detect"], "'detect' cannot be in a list: write it without brackets"),
    ],
)
def test_the_season_at_fault_is_named(spelled: object, fault: str) -> None:
    assert faults({"metric": "m", "seasonality": spelled}) == {"seasonality": fault}


@pytest.mark.parametrize(
    ("spelled", "names"),
    [
        ("none", ()),
        ("detect", ("detect",)),
        ("daily", ("daily",)),
        (["hour_of_week", "daily"], ("daily", "hour_of_week")),
    ],
)
def test_seasonality(spelled: object, names: tuple[str, ...]) -> None:
    assert parse(seasonality=spelled).seasonality == names


@pytest.mark.parametrize(
    "spelled", ["hourly", "auto", ["detect"], ["daily", "daily"], [], None, 3, ["none", "daily"]]
)
def test_wrong_seasonality(spelled: object) -> None:
    assert list(faults({"metric": "m", "seasonality": spelled})) == ["seasonality"]


def test_adapt_says_when_a_change_is_adopted() -> None:
    assert [parse(adapt=speed).relearn_after for speed in ("slow", "normal", "fast")] == [400, 100, 30]
    assert parse(adapt="fast", relearn_after=7).relearn_after == 7


def test_every_fault_of_civil_time_by_field() -> None:
    found = faults(
        {
            "metric": "m",
            "timezone": "Europe/Berln",
            "seasonality": "daily",
            "adapt": "quickly",
            "holidays": {"country": "GE", "dates": ["2026-02-30", "2026-12-27/2026-12-24"], "treat": "maybe"},
        }
    )
    assert set(found) == {"timezone", "adapt", "holidays.dates", "holidays.treat"}
    assert "did you mean 'Europe/Berlin'" in found["timezone"]
    assert "2026-02-30" in found["holidays.dates"]
    assert "range of" in found["holidays.dates"]


@pytest.mark.parametrize(
    ("holidays", "field"),
    [
        ({"country": "DEU"}, "holidays.country"),
        ({"country": "DE", "subdivision": "XX"}, "holidays.subdivision"),
        ({"subdivision": "BY"}, "holidays.subdivision"),
        ({"dates": "2026-12-24"}, "holidays.dates"),
        ({"dates": ["1969-12-31"]}, "holidays.dates"),
        ({"date": []}, "holidays.date"),
        ("DE", "holidays"),
    ],
)
def test_wrong_holidays(holidays: object, field: str) -> None:
    assert list(faults({"metric": "m", "seasonality": "daily", "holidays": holidays})) == [field]


def test_holidays_need_a_season() -> None:
    assert list(faults({"metric": "m", "holidays": {"country": "DE"}})) == ["holidays"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("owner: 0123", "owner: must be a string: write '0123' in quotes"),
        ("owner: 1.10", "owner: must be a string: write '1.10' in quotes"),
        ("owner: true", "owner: must be a string: write 'true' in quotes"),
        ("labels: {v: 1e3}", "labels.v: must be a string: write '1e3' in quotes"),
        ("labels: {v: 1_000}", "labels.v: must be a string: write '1_000' in quotes"),
        ("match: {v: 0123}", "match: v: label values are strings: write '0123' in quotes"),
        ("match: {v: 1.10}", "match: v: label values are strings: write '1.10' in quotes"),
        ("match: {v: false}", "match: v: label values are strings: write 'false' in quotes"),
        (
            "baseline_period: 1:30",
            "baseline_period: must be a number of seconds or a duration such as 7d, 90m or 1h30m, not '1:30'",
        ),
        ("detectors: []", "detectors: must have at least 1 item, not 0"),
        ("min_observations: '30'", "min_observations: must be a whole number, not the string '30'"),
        ("window_points: 1", "window_points: must be greater than or equal to 8, not 1"),
    ],
)
def test_messages_name_what_was_written(line: str, fault: str) -> None:
    assert text_faults(f"metric: m\n{line}") == [f"f.yaml:2: {fault}"]
    if "'" not in line and "{" not in line and line != "owner: 0123" and "1:30" not in line:
        key, _, value = line.partition(": ")
        assert text_faults(f'{{"metric": "m", "{key}": {value}}}', "f.json") == [f"f.json:1: {fault}"]


@pytest.mark.parametrize("country", ["NO", "no", "'NO'"])
def test_norway_is_a_country(country: str) -> None:
    """YAML 1.1 reads NO as false; by YAML 1.2 it is a text."""
    text = f"{{metric: m, seasonality: daily, holidays: {{country: {country.upper()}}}}}"
    (parsed,) = parse_document(text, "f.yaml", CONTEXT)
    assert parsed.config.holidays == SpecialDays("NO")


@pytest.mark.parametrize("metric", ["on", "off", "yes", "No", "y", "1:30", "True", "2026-12-24"])
def test_words_stay_words(metric: str) -> None:
    (parsed,) = parse_document(f"metric: {metric}", "f.yaml", CONTEXT)
    assert (parsed.config.metric, parsed.document["metric"]) == (metric, metric)


def test_numbers_of_every_spelling() -> None:
    text = (
        "{metric: m, window_points: 0200, min_observations: 0x10, max_series: 1_000, min_deviation: +1.50e1}"
    )
    (parsed,) = parse_document(text, "f.yaml", CONTEXT)
    config = parsed.config
    assert (config.window_points, config.min_observations, config.max_series) == (200, 16, 1000)
    assert config.min_deviation == 15.0
    assert {type(value) for value in parsed.document.values()} == {str, int, float}


@pytest.mark.parametrize(
    ("zone", "cure"),
    [
        ("UTC+2", "'Etc/GMT-2'"),
        ("CEST", "an abbreviation may mean several zones: write a place"),
        ("PDT", "an abbreviation may mean several zones: write a place"),
        ("GMT-05:00", "'Etc/GMT+5'"),
        ("+01:00", "'Etc/GMT-1'"),
        ("UTC+5:30", "write a place"),
        ("Europe/Berln", "did you mean 'Europe/Berlin'"),
    ],
)
def test_zones_that_are_offsets(zone: str, cure: str) -> None:
    message = faults({"metric": "m", "seasonality": "daily", "timezone": zone})["timezone"]
    assert cure in message
    assert "'UTC'" not in message


def test_dates_of_yaml_need_no_quotes() -> None:
    text = "{metric: m, seasonality: daily, holidays: {dates: [1970-01-03, 1970-01-05/1970-01-06]}}"
    holidays = parse_document(text, "f.yaml", CONTEXT)[0].config.holidays
    assert holidays == SpecialDays(dates=((2, 2), (4, 5)))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("owner:", "owner: must be a string, not null"),
        ("owner: [a, b]", "owner: must be a string, not a list"),
        ("detectors: auto", "detectors: must be a list: write [auto]"),
        ("publish: no", "publish: must be 'anomalies', 'all' or 'none', not 'no'; did you mean 'none'?"),
        (
            "direction: Above",
            "direction: must be 'above', 'below' or 'both', not 'Above'; did you mean 'above'?",
        ),
        ("sensitivity: 1:30", "sensitivity: must be low, medium, high or a number from 0 to 1, not '1:30'"),
        ("sensitivity: 0x2", "sensitivity: must be low, medium, high or a number from 0 to 1, not 0x2"),
    ],
)
def test_messages_name_what_was_written_in_yaml(line: str, fault: str) -> None:
    (found,) = text_faults(f"metric: m\n{line}")
    assert found == f"f.yaml:2: {fault}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("metric: *", "line 1, column 10: expected alphabetic or numeric character"),
        ("metric: *_latency", "line 1, column 9: found undefined alias '_latency'"),
        ("metric: m\n  match: {}", "line 2, column 8: mapping values are not allowed here: align the fields"),
        ("metric: m\n\tmatch: {}", "indent with spaces"),
        ("metric: m\nmatch: {host: !=web}", "put a text that begins with '!' in quotes"),
        ("metric: '*", "line 1, column 11: found unexpected end of stream"),
    ],
)
def test_faults_of_yaml_name_the_place_and_the_cure(text: str, fault: str) -> None:
    (found,) = text_faults(text)
    assert fault in found
