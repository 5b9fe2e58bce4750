"""Commands for one series under one config, which come through the configs topic."""

from enum import StrEnum

import msgspec

from anomaly_stream.model.series import Series

NO_COMMAND = -1
"""The position of a row that has obeyed no command."""
_OFFSET_BITS = 32


class CommandKind(StrEnum):
    """What a command asks for."""

    RESET = "reset"
    """Forget what was learned, and learn anew."""


class SeriesCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command for the row of ``series`` under the config ``config_id``."""

    kind: CommandKind
    config_id: str
    series: Series
    author: str
    issued_at_ms: int
    """Wall-clock time of the command, milliseconds since the epoch."""
    position: int = NO_COMMAND
    """Where the configs topic has it: see ``position_of``."""

    def is_newer(self, obeyed: int) -> bool:
        """Whether it comes after the command at position ``obeyed``.

        A topic that was created again has another generation: all of its commands are newer.
        """
        same_topic = obeyed >> _OFFSET_BITS == self.position >> _OFFSET_BITS
        return not same_topic or self.position > obeyed


def position_of(generation: int, offset: int) -> int:
    """The position of a record: the generation of its topic in the upper 32 bits, its offset in the lower."""
    return generation << _OFFSET_BITS | offset
