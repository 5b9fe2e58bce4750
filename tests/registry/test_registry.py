import msgspec
import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.registry.config_record import ConfigRecord, decode_record, encode_record
from anomaly_stream.registry.parsing import parse_config, parse_document
from anomaly_stream.registry.registry import Registry
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
