"""Series commands as records of the configs topic.

The key is ``series/``, the kind, a slash, the id of the config, a zero byte, and ``Series.key``. No id of a
config contains a slash, so the keys of config records differ, and compaction keeps the newest command of each
kind for each series and config. An ``UNLEARN`` also has its range in the key, so that all ranges are kept,
and a ``TEACH`` its side.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, CommandRecord, SeriesCommand
from anomaly_stream.model.time_range import TimeRange

_PREFIX = b"series/"


def is_command_key(key: bytes) -> bool:
    """Whether a record of the configs topic with this key is a series command."""
    return key.startswith(_PREFIX)


def command_key(command: SeriesCommand) -> bytes:
    """The key of a command on the configs topic."""
    left_out = "".join(f"/{float(end)!r}" for end in command.left_out or ())
    side = "" if command.known is None else f"/{command.known.side}"
    target = f"{command.kind}/{command.config_id}{left_out}{side}"
    return b"".join((_PREFIX, target.encode(), b"\0", command.series.key))


def encode_command(command: SeriesCommand) -> tuple[bytes, bytes]:
    """Key and value of a command on the configs topic."""
    begin, end = command.left_out or TimeRange()
    stored = CommandRecord(
        command=command.kind,
        config_id=command.config_id,
        metric=command.series.metric,
        labels=dict(command.series.labels),
        author=command.author,
        issued_at_ms=command.issued_at_ms,
        begin=begin if math.isfinite(begin) else None,
        end=end if math.isfinite(end) else None,
        side=None if command.known is None else command.known.side,
        deviation=None if command.known is None else command.known.deviation,
        alert_id=command.alert_id,
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
        left_out=stored.left_out,
        known=stored.known,
        alert_id=stored.alert_id,
        position=position,
    )
    if command.kind is CommandKind.TEACH and command.known is None:
        raise ConfigError((FieldFault("deviation", "is missing, or side is: `teach` needs both"),))
    if command_key(command) != key:
        raise ConfigError((FieldFault("command", f"does not belong to the record's key {key!r}"),))
    return command


def ranges_left_out(
    commands: Iterable[SeriesCommand], config_id: str
) -> Mapping[Series, Sequence[TimeRange]]:
    """The ranges that every history of this config leaves out, by series."""
    ranges: dict[Series, list[TimeRange]] = defaultdict(list)
    for command in commands:
        if command.kind is CommandKind.UNLEARN and command.config_id == config_id:
            assert command.left_out is not None
            ranges[command.series].append(command.left_out)
    return ranges


def taught_in_force(commands: Mapping[bytes, SeriesCommand], key: bytes) -> SeriesCommand | None:
    """The newest ``TEACH`` with this key; None: nothing is known, or a later ``RESET`` forgot it."""
    taught = commands.get(key)
    if taught is None or taught.known is None or not taught.known.deviation:
        return None
    reset = commands.get(command_key(msgspec.structs.replace(taught, kind=CommandKind.RESET, known=None)))
    if reset is not None and reset.is_newer(taught.position):
        return None
    return taught
