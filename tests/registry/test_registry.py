import msgspec
import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.registry.document import Context
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.registry.registry import (
    ConfigRecord,
    Registry,
    apply_message,
    decode_record,
    encode_record,
)

CONTEXT = Context(("zscore", "modified_zscore", "iqr"))


def record(metric: str, version: int = 1) -> ConfigRecord:
    document = {"id": metric, "metric": metric, "baseline_period": "1h"}
    config = parse_config(document, CONTEXT, version)
    return ConfigRecord(config, document, version, "ann", 1_700_000_000_000)


def test_apply_and_remove_leave_the_old_registry_alone() -> None:
    empty = Registry()
    both = empty.apply(record("b")).apply(record("a"))
    newer = both.apply(record("a", 2))
    assert [len(registry) for registry in (empty, both, newer, newer.remove("b"), newer.remove("x"))] == [
        0, 2, 2, 1, 2,
    ]  # fmt: skip
    assert [config.id for config in both.configs()] == ["a", "b"]
    assert both.records["a"].version == 1
    assert newer.records["a"].config.version == 2
    assert Registry.of([record("a"), record("b"), record("a", 2)]).records == newer.records


def test_records_survive_the_topic() -> None:
    before = record("flow", 3)
    key, value = encode_record(before)
    assert key == b"flow"
    assert decode_record(key, value, CONTEXT) == before


def test_messages_follow_the_topic() -> None:
    registry = apply_message(Registry(), *encode_record(record("a")), CONTEXT)
    registry = apply_message(registry, *encode_record(record("b")), CONTEXT)
    registry = apply_message(registry, b"a", None, CONTEXT)
    assert list(registry.records) == ["b"]


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
    with pytest.raises(ConfigError, match="'newer' is no detector"):
        decode_record(b"a", value, CONTEXT)
