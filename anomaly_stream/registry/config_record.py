"""The record of a config on the configs topic, with its past versions, and its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.registry.parsing import Config, validate_config
from anomaly_stream.registry.validation_context import ValidationContext

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
    offset: int | None = field(default=None, compare=False)
    """Offset of the record on the configs topic; None if it was not read from there."""


def past_with(record: ConfigRecord) -> tuple[PastVersion, ...]:
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


def decode_versions(value: bytes) -> tuple[PastVersion, ...]:
    """The versions that a record of the configs topic holds, the newest first, without validation.

    Raises:
        msgspec.DecodeError: the value is not a config record.
    """
    stored = msgspec.json.decode(value, type=_Stored)
    newest = PastVersion(stored.version, stored.author, stored.updated_at_ms, stored.config, stored.reason)
    return newest, *stored.past


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
