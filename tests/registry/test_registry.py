import msgspec
import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand, position_of
from anomaly_stream.registry.config_record import ConfigRecord, decode_record, encode_record
from anomaly_stream.registry.parsing import parse_config, parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import encode_command
from anomaly_stream.registry.validation_context import ValidationContext

CONTEXT = ValidationContext(("zscore", "modified_zscore", "iqr"))


def record(metric: str, version: int = 1) -> ConfigRecord:
    document = {"id": metric, "metric": metric, "baseline_period": "1h"}
    config = parse_config(document, CONTEXT, version)
    return ConfigRecord(config, document, version, "ann", 1_700_000_000_000)


def test_changes_leave_the_old_registry_alone() -> None:
    empty = Registry(CONTEXT)
    both = empty.with_record(record("b")).with_record(record("a"))
    newer = both.with_record(record("a", 2))
    registries = (empty, both, newer, newer.without("b"), newer.without("x"))
    assert [len(registry) for registry in registries] == [0, 2, 2, 1, 2]
    assert [config.id for config in both.configs()] == ["a", "b"]
    assert both.records["a"].version == 1
    assert newer.records["a"].config.version == 2
    assert both != newer
    assert both == empty.with_record(record("a")).with_record(record("b"))


def test_records_survive_the_topic() -> None:
    before = record("flow", 3)
    key, value = encode_record(before)
    assert key == b"flow"
    assert decode_record(key, value, CONTEXT) == before


def command(unit: str, config_id: str = "flow") -> SeriesCommand:
    series = Series.of("flow", {"unit": unit})
    return SeriesCommand(
        kind=CommandKind.RESET, config_id=config_id, series=series, author="ann", issued_at_ms=17
    )


def test_series_commands_are_beside_the_configs() -> None:
    registry = Registry(CONTEXT, generation=5).with_record(record("flow"))
    for offset, each in enumerate([command("a"), command("b"), command("a")]):
        registry = registry.apply(*encode_command(each), offset)
    assert [config.id for config in registry.configs()] == ["flow"]
    assert {(each.series.labels, each.position) for each in registry.commands.values()} == {
        ((("unit", "a"),), position_of(5, 2)),
        ((("unit", "b"),), position_of(5, 1)),
    }
    again = registry.apply(*encode_command(command("b")), 1)
    assert again.commands == registry.commands  # the topic is read again from its start
    assert registry.apply(encode_command(command("a"))[0], None, 3).commands.keys() == {
        encode_command(command("b"))[0]
    }


@pytest.mark.parametrize(
    "value", [b"{rubbish", b"{}", encode_command(command("a"))[1].replace(b"reset", b"adopt")]
)
def test_a_command_of_a_later_release_is_refused_and_leaves_the_rest(value: bytes) -> None:
    registry = Registry(CONTEXT).with_record(record("flow"))
    with pytest.raises(ConfigError, match="not a command that this release knows"):
        registry.apply(encode_command(command("a"))[0], value, 0)


def test_a_command_under_the_key_of_another_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not belong to the record's key"):
        Registry(CONTEXT).apply(encode_command(command("a"))[0], encode_command(command("b"))[1], 0)


def test_a_revision_is_one_version_on() -> None:
    registry = Registry(CONTEXT)
    (first,) = parse_document("metric: a", "f.yaml", CONTEXT)
    (second,) = parse_document("{metric: a, owner: x}", "f.yaml", CONTEXT)
    created = registry.revise(first, "ann", 1)
    assert created == ConfigRecord(first.config, first.document, 1, "ann", 1)
    registry = registry.with_record(created)
    assert registry.revise(first, "bob", 2) is None
    updated = registry.revise(second, "bob", 2)
    assert updated is not None
    assert (updated.version, updated.config.version, updated.author) == (2, 2, "bob")


def test_the_topic_is_followed() -> None:
    registry = Registry(CONTEXT)
    for key, value in (encode_record(record("a")), encode_record(record("b")), (b"a", None)):
        registry = registry.apply(key, value)
    assert list(registry.records) == ["b"]


def test_reading_the_topic_again_changes_nothing() -> None:
    messages = [
        encode_record(record("a")),
        (b"a", None),
        encode_record(record("a", 2)),
        encode_record(record("b")),
    ]
    registry = Registry(CONTEXT)
    for offset, (key, value) in enumerate(messages):
        registry = registry.apply(key, value, offset)
    for offset, (key, value) in enumerate(messages):
        assert registry.apply(key, value, offset) is registry
    assert len(registry.apply(b"b", None, 4)) == 1


def test_a_record_without_a_key_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no key"):
        Registry(CONTEXT).apply(None, b"{}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"a", b""),
        (b"a", b"{"),
        (b"a", b"[]"),
        (b"a", b"\xff\xfe"),
        (b"a", b'{"schema_version":1}'),
        (b"a", b'{"schema_version":2,"version":1,"author":"","updated_at_ms":0,"config":{"metric":"a"}}'),
        (b"b", b'{"schema_version":1,"version":1,"author":"","updated_at_ms":0,"config":{"metric":"a"}}'),
        (b"a", b'{"schema_version":1,"version":1,"author":"","updated_at_ms":0,"config":{"metrik":"a"}}'),
    ],
)
def test_wrong_records_are_config_errors(key: bytes, value: bytes) -> None:
    with pytest.raises(ConfigError):
        decode_record(key, value, CONTEXT)


def test_an_unknown_detector_is_a_fault_of_the_record() -> None:
    document = {"metric": "a", "detectors": ["newer"]}
    value = msgspec.json.encode(
        {"schema_version": 1, "version": 1, "author": "", "updated_at_ms": 0, "config": document}
    )
    with pytest.raises(ConfigError, match="'newer' is not a detector"):
        decode_record(b"a", value, CONTEXT)
