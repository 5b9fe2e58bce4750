"""The configs in force, and the series commands: built from the records of the configs topic."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

import msgspec

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.commands import SeriesCommand, position_of
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.config_record import ConfigRecord, Creation, decode_record, past_with
from anomaly_stream.registry.parsing import ParsedConfig
from anomaly_stream.registry.series_command import decode_command, is_command_key
from anomaly_stream.registry.validation_context import ValidationContext

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Message = tuple[bytes | None, bytes | None, int]
"""Key, value and offset of a record of the configs topic."""


@dataclass(frozen=True)
class Registry:
    """Config records by id; every change returns a new registry.

    Attributes:
        context: what validation needs from the process.
        records: by config id.
        next_offset: the offset after the last applied record of the configs topic.
        refused: what is wrong with the newest record of an id that is invalid. Its config in force, if any,
            stays as it was.
        commands: the newest series command by its key.
        generation: that of the configs topic, which the positions of commands contain.
    """

    context: ValidationContext
    records: Mapping[str, ConfigRecord] = field(default_factory=lambda: MappingProxyType({}))
    next_offset: int = field(default=0, compare=False)
    refused: Mapping[str, ConfigError] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    commands: Mapping[bytes, SeriesCommand] = field(default_factory=lambda: MappingProxyType({}))
    generation: int = field(default=0, compare=False)

    def apply(self, key: bytes | None, value: bytes | None, offset: int | None = None) -> "Registry":
        """The registry after one record of the configs topic; a null value deletes the config.

        A record whose ``offset`` has been applied changes nothing: the topic may be read again from its
        start.

        Raises:
            ConfigError: the record is invalid; the config in force is kept.
        """
        if offset is not None and offset < self.next_offset:
            return self
        records, commands = dict(self.records), dict(self.commands)
        self._put(records, commands, key, value, offset)
        return replace(
            self,
            records=MappingProxyType(records),
            commands=MappingProxyType(commands),
            refused=_without(self.refused, (key or b"").decode(errors="replace")),
            next_offset=self.next_offset if offset is None else offset + 1,
        )

    def apply_all(self, messages: Iterable[Message]) -> tuple["Registry", int]:
        """The registry after further records of the topic, in one step, and how many are refused.

        A refused record leaves what is in force as it is. Records that were applied change nothing.
        """
        records, commands, refused = dict(self.records), dict(self.commands), dict(self.refused)
        next_offset, faults = self.next_offset, 0
        for key, value, offset in messages:
            if offset < next_offset:
                continue
            next_offset = offset + 1
            name = (key or b"").decode(errors="replace")
            try:
                self._put(records, commands, key, value, offset)
            except ConfigError as error:
                refused[name] = error
                faults += 1
            else:
                refused.pop(name, None)
        after = replace(
            self,
            records=MappingProxyType(records),
            commands=MappingProxyType(commands),
            refused=MappingProxyType(refused),
            next_offset=next_offset,
        )
        return after, faults

    def _put(
        self,
        records: dict[str, ConfigRecord],
        commands: dict[bytes, SeriesCommand],
        key: bytes | None,
        value: bytes | None,
        offset: int | None,
    ) -> None:
        """Add what one record of the topic holds, or delete it if ``value`` is None. Raises ConfigError."""
        if key is None:
            raise ConfigError((FieldFault("id", "the record has no key"),))
        if is_command_key(key):
            if value is None:
                commands.pop(key, None)
            else:
                commands[key] = decode_command(key, value, position_of(self.generation, offset or 0))
        elif value is None:
            records.pop(key.decode(errors="replace"), None)
        else:
            record = decode_record(key, value, self.context)
            records[record.config.id] = replace(record, offset=offset)

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
            past_with(known) if known is not None else (),
            known.creation if known is not None else creation,
            parsed.warnings,
        )

    def configs(self) -> tuple[AnomalyDetectionConfig, ...]:
        """The configs of single metrics, sorted by id: the input of the plan."""
        return tuple(record.config for record in self if isinstance(record.config, AnomalyDetectionConfig))

    def groups(self) -> tuple[GroupConfig, ...]:
        """The configs of groups, sorted by id."""
        return tuple(record.config for record in self if isinstance(record.config, GroupConfig))

    def commands_of(self, config_id: str) -> list[bytes]:
        """The keys of the commands for series under this config."""
        return [key for key, command in self.commands.items() if command.config_id == config_id]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[ConfigRecord]:
        return (self.records[key] for key in sorted(self.records))


def _without(mapping: Mapping[_Key, _Value], key: _Key) -> Mapping[_Key, _Value]:
    return MappingProxyType({other: value for other, value in mapping.items() if other != key})
