"""The configs in force: an immutable mapping, built from the records of the configs topic."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.parsing import Config, ParsedConfig, validate_config
from anomaly_stream.registry.validation_context import ValidationContext

_Value = TypeVar("_Value")


_PAST_VERSIONS = 10
_PAST_BYTES = 300_000


class PastVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """An earlier version of a config, kept in its record."""

    version: int
    author: str
    updated_at_ms: int
    config: dict[str, Any]
    """The document that was in force."""
    reason: str = ""


class Creation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that created a config, so that a repetition of it can be recognised."""

    key: str
    """Digest of its idempotency key and its author."""
    body: str
    """Digest of its body."""


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """One config as stored on the configs topic."""

    config: Config
    document: Mapping[str, Any]
    """The document that the user wrote, with the id added."""
    version: int
    author: str
    updated_at_ms: int
    """Wall-clock time of the change, milliseconds since the epoch."""
    reason: str = ""
    """Why the author made the change."""
    past: tuple[PastVersion, ...] = ()
    """Up to ten earlier versions, the newest first."""
    creation: Creation | None = None
    warnings: tuple[FieldFault, ...] = field(default=(), compare=False)
    """What the config says in vain, by field."""


@dataclass(frozen=True)
class Registry:
    """Config records by id; every change returns a new registry.

    Attributes:
        context: what validation needs from the process.
        records: by config id.
        next_offset: behind the last applied record of the configs topic.
        refused: what is wrong with the newest record of an id that is invalid. Its config in force, if any,
            stays as it was.
    """

    context: ValidationContext
    records: Mapping[str, ConfigRecord] = field(default_factory=lambda: MappingProxyType({}))
    next_offset: int = field(default=0, compare=False)
    refused: Mapping[str, ConfigError] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def apply(self, key: bytes | None, value: bytes | None, offset: int | None = None) -> "Registry":
        """The registry after one record of the configs topic; a null value deletes the config.

        A record whose ``offset`` has been applied changes nothing: the topic may be read again from its
        start.

        Raises:
            ConfigError: the record is invalid; the config in force is kept.
        """
        if offset is not None and offset < self.next_offset:
            return self
        if key is None:
            raise ConfigError((FieldFault("id", "the record has no key"),))
        if value is None:
            changed = self.without(key.decode(errors="replace"))
        else:
            changed = self.with_record(decode_record(key, value, self.context))
        return changed if offset is None else replace(changed, next_offset=offset + 1)

    def with_record(self, record: ConfigRecord) -> "Registry":
        """The registry with ``record``, which replaces the one with the same id."""
        records = {**self.records, record.config.id: record}
        return replace(
            self, records=MappingProxyType(records), refused=_without(self.refused, record.config.id)
        )

    def without(self, config_id: str) -> "Registry":
        """The registry without the config of this id."""
        return replace(
            self, records=_without(self.records, config_id), refused=_without(self.refused, config_id)
        )

    def refuse(self, key: bytes | None, error: ConfigError, offset: int) -> "Registry":
        """The registry after a record that ``apply`` does not take."""
        refused = {**self.refused, (key or b"").decode(errors="replace"): error}
        return replace(self, refused=MappingProxyType(refused), next_offset=offset + 1)

    def revise(
        self,
        parsed: ParsedConfig,
        author: str,
        now_ms: int,
        reason: str = "",
        creation: Creation | None = None,
    ) -> ConfigRecord | None:
        """The record that puts ``parsed`` in force with the next version; None if it is already in force.

        ``creation`` is kept by later versions.
        """
        known = self.records.get(parsed.config.id)
        if known is not None and known.document == parsed.document:
            return None
        version = known.version + 1 if known is not None else 1
        return ConfigRecord(
            msgspec.structs.replace(parsed.config, version=version),
            parsed.document,
            version,
            author,
            now_ms,
            reason,
            _past_with(known) if known is not None else (),
            known.creation if known is not None else creation,
            parsed.warnings,
        )

    def configs(self) -> tuple[AnomalyDetectionConfig, ...]:
        """The configs of single metrics, sorted by id: the input of the plan."""
        return tuple(record.config for record in self if isinstance(record.config, AnomalyDetectionConfig))

    def groups(self) -> tuple[GroupConfig, ...]:
        """The configs of groups, sorted by id."""
        return tuple(record.config for record in self if isinstance(record.config, GroupConfig))

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[ConfigRecord]:
        return (self.records[key] for key in sorted(self.records))


def _without(mapping: Mapping[str, _Value], key: str) -> Mapping[str, _Value]:
    return MappingProxyType({other: value for other, value in mapping.items() if other != key})


def _past_with(record: ConfigRecord) -> tuple[PastVersion, ...]:
    """The past versions of the record that replaces ``record``, bounded in number and in bytes."""
    newest = PastVersion(
        record.version, record.author, record.updated_at_ms, dict(record.document), record.reason
    )
    kept, size = [], 0
    for version in (newest, *record.past)[:_PAST_VERSIONS]:
        size += len(msgspec.json.encode(version))
        if size > _PAST_BYTES:
            break
        kept.append(version)
    return tuple(kept)


class _Stored(msgspec.Struct, omit_defaults=True):
    """JSON of a config record."""

    schema_version: int
    version: int
    author: str
    updated_at_ms: int
    config: dict[str, Any]
    reason: str = ""
    past: tuple[PastVersion, ...] = ()
    creation: Creation | None = None


def encode_record(record: ConfigRecord) -> tuple[bytes, bytes]:
    """Key and value of ``record`` on the configs topic."""
    stored = _Stored(
        1,
        record.version,
        record.author,
        record.updated_at_ms,
        dict(record.document),
        record.reason,
        record.past,
        record.creation,
    )
    return record.config.id.encode(), msgspec.json.encode(stored)


def decode_record(key: bytes, value: bytes, context: ValidationContext) -> ConfigRecord:
    """The inverse of :func:`encode_record`.

    Raises:
        ConfigError: the record is invalid; with all faults.
    """
    try:
        stored = msgspec.json.decode(value, type=_Stored)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError((FieldFault("config", f"is not a config record: {error}"),)) from None
    if stored.schema_version != 1:
        message = f"is {stored.schema_version}, but this release reads 1: upgrade"
        raise ConfigError((FieldFault("schema_version", message),))
    config, warnings = validate_config(stored.config, context, stored.version)
    if config.id.encode() != key:
        raise ConfigError((FieldFault("id", f"is {config.id!r}, but the record's key is {key!r}"),))
    return ConfigRecord(
        config,
        stored.config,
        stored.version,
        stored.author,
        stored.updated_at_ms,
        stored.reason,
        stored.past,
        stored.creation,
        warnings,
    )
