"""Configs of groups: what they may contain, and that all faults are reported at once."""

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.group import Aggregate, GroupConfig, Missing
from anomaly_stream.registry.config_record import ConfigRecord, decode_record, encode_record
from anomaly_stream.registry.parsing import parse_config, parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(
    ["zscore"], SeverityBands(), group_detectors=["gated_residual", "correlation", "t2q"]
)


def parse(**fields: object) -> GroupConfig:
    config = parse_config({"id": "host", "members": {"cpu": "cpu", "mem": "mem"}, **fields}, CONTEXT)
    assert isinstance(config, GroupConfig)
    return config


def faults_of(**fields: object) -> dict[str, str]:
    with pytest.raises(ConfigError) as raised:
        parse(**fields)
    return {fault.field: fault.message for fault in raised.value.faults}


def test_id_and_members_are_enough() -> None:
    config = parse()
    assert [(member.name, member.metric) for member in config.members] == [("cpu", "cpu"), ("mem", "mem")]
    assert (config.interval_s, config.lateness_s, config.missing) == (10.0, 30.0, Missing.LAST)
    assert (config.sensitivity_score, config.alert_score) == (40.0, 40.0)


def test_members_are_sorted_by_name_and_may_say_more() -> None:
    config = parse(
        members={
            "net": {"metric": "net_*", "match": {"device": "eth0"}, "aggregate": "max"},
            "cpu": "cpu",
        },
        by=["rack", "host"],
    )
    assert [member.name for member in config.members] == ["cpu", "net"]
    assert config.members[1].aggregate is Aggregate.MAX
    assert [matcher.name for matcher in config.members[1].matchers] == ["device"]
    assert config.by == ("host", "rack")


def test_all_faults_come_at_once() -> None:
    faults = faults_of(
        by=["host", "host"],
        interval="1s",
        lateness="1h",
        detectors=["corelation"],
        alert_threshold=10,
        detector="x",
    )
    assert faults["by"] == "'host' is named twice"
    assert "512 times the interval" in faults["lateness"]
    assert "did you mean 'correlation'?" in faults["detectors"]
    assert "at least 40" in faults["alert_threshold"]
    assert "did you mean 'detectors'?" in faults["detector"]


@pytest.mark.parametrize("members", [{}, {"one": "m"}, {f"m{n}": "m" for n in range(33)}])
def test_a_group_has_two_to_thirty_two_members(members: dict[str, str]) -> None:
    assert list(faults_of(members=members)) == ["members"]


def test_a_member_says_which_metric() -> None:
    assert faults_of(members={"cpu": {"match": {}}, "mem": 7}) == {
        "members.cpu.metric": "is required",
        "members.mem": "must be a mapping",
    }


def test_a_last_value_must_reach_over_an_interval() -> None:
    assert "tolerance" in faults_of(interval="5m", lateness="5m", tolerance="1m")["config"]
    assert parse(interval="5m", lateness="5m", tolerance="1m", missing="omit").missing is Missing.OMIT


@pytest.mark.parametrize(
    ("interval", "tolerance_s"), [("10s", 60.0), ("1m", 60.0), ("5m", 300.0), ("1h", 3600.0)]
)
def test_the_default_tolerance_reaches_over_any_interval(interval: str, tolerance_s: float) -> None:
    assert parse(interval=interval).tolerance_s == tolerance_s


def test_an_instance_lives_longer_than_it_waits() -> None:
    assert "series_ttl" in faults_of(interval="1m", lateness="1h", tolerance="1m", series_ttl="61m")["config"]
    assert parse(interval="1m", lateness="1h", tolerance="1m", series_ttl="62m").series_ttl_s == 62 * 60
    assert parse(interval="1m", lateness="1h", tolerance="1m", series_ttl=0).series_ttl_s == 0


def test_groups_and_metrics_stand_in_one_file_and_one_registry() -> None:
    text = "configs: [{metric: cpu}, {id: host, members: {cpu: cpu, mem: mem}}]"
    registry = Registry(CONTEXT)
    for parsed in parse_document(text, "f.yaml", CONTEXT):
        record = ConfigRecord(parsed.config, parsed.document, 1, "someone", 0)
        assert decode_record(*encode_record(record), CONTEXT) == record
        registry = registry.with_record(record)
    assert [config.id for config in registry.configs()] == ["cpu"]
    assert [config.id for config in registry.groups()] == ["host"]
