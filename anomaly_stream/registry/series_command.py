"""Series commands as records of the configs topic.

The key is ``series/``, the kind, a slash, the id of the config, a zero byte, and ``Series.key``. No id of a
config contains a slash, so the keys of config records differ, and compaction keeps the newest command of each
kind for each series and config.
"""

import msgspec

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandRecord, SeriesCommand

_PREFIX = b"series/"


def is_command_key(key: bytes) -> bool:
    """Whether a record of the configs topic with this key is a series command."""
    return key.startswith(_PREFIX)


def command_key(command: SeriesCommand) -> bytes:
    """The key of a command on the configs topic."""
    return b"".join(
        (_PREFIX, command.kind.encode(), b"/", command.config_id.encode(), b"\0", command.series.key)
    )


def encode_command(command: SeriesCommand) -> tuple[bytes, bytes]:
    """Key and value of a command on the configs topic."""
    stored = CommandRecord(
        command=command.kind,
        config_id=command.config_id,
        metric=command.series.metric,
        labels=dict(command.series.labels),
        author=command.author,
        issued_at_ms=command.issued_at_ms,
    )
    return command_key(command), msgspec.json.encode(stored)


def decode_command(key: bytes, value: bytes, position: int) -> SeriesCommand:
    """The inverse of :func:`encode_command`; ``position`` is where the record is.

    Raises:
        ConfigError: the record is not a command, or is one of a later release.
    """
    try:
        stored = msgspec.json.decode(value, type=CommandRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"is not a command that this release knows: {error}"
        raise ConfigError((FieldFault("command", message),)) from None
    command = SeriesCommand(
        kind=stored.command,
        config_id=stored.config_id,
        series=Series.of(stored.metric, stored.labels),
        author=stored.author,
        issued_at_ms=stored.issued_at_ms,
        position=position,
    )
    if command_key(command) != key:
        raise ConfigError((FieldFault("command", f"does not belong to the record's key {key!r}"),))
    return command
