"""Commands for one series under one config, which come through the configs topic."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from anomaly_stream.model.series import Series
from anomaly_stream.model.side import Side
from anomaly_stream.model.time_range import TimeRange, range_of

NO_COMMAND = -1
"""The position of a row that has obeyed no command."""
_OFFSET_BITS = 32


class CommandKind(StrEnum):
    """What a command asks for."""

    RESET = "reset"
    """Forget what was learned, and learn anew."""
    TEACH = "teach"
    """Such deviations from the expected value are known: they open no alert."""
    UNLEARN = "unlearn"
    """Leave a range of event time out of every history that is loaded."""


class KnownDeviation(NamedTuple):
    """How far a series may be from its expected value, on one side, without an alert."""

    side: Side
    deviation: float
    """In the metric's own units, inclusive; 0: nothing is known on this side."""


class SeriesCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command for the row of ``series`` under the config ``config_id``."""

    kind: CommandKind
    config_id: str
    series: Series
    author: str
    issued_at_ms: int
    """Wall-clock time of the command, milliseconds since the epoch."""
    left_out: TimeRange | None = None
    """The range of an ``UNLEARN``."""
    known: KnownDeviation | None = None
    """What a ``TEACH`` says. It replaces what was known on that side."""
    alert_id: str | None = None
    """The alert whose feedback taught it; None: nothing is known, or an earlier release wrote it."""
    position: int = NO_COMMAND
    """Where the configs topic has it: see ``position_of``."""

    @property
    def is_for_rows(self) -> bool:
        """Whether rows obey it. Others concern the histories that are loaded."""
        return self.kind is not CommandKind.UNLEARN

    def is_newer(self, obeyed: int) -> bool:
        """Whether it comes after the command at position ``obeyed``.

        A topic that was created again has another generation: all of its commands are newer.
        """
        same_topic = obeyed >> _OFFSET_BITS == self.position >> _OFFSET_BITS
        return not same_topic or self.position > obeyed


class CommandRecord(msgspec.Struct, kw_only=True, forbid_unknown_fields=False):
    """A command for one series under one config: a message of the configs topic, beside the config records.

    `anomaly-stream series`, `anomaly-stream configs unlearn` and feedback on alerts write it. The key is
    `series/`, the command, `/`, the config id, a zero byte, and the series as compact JSON of metric and
    labels. Before the zero byte, `unlearn` also has the range (`/`, `begin`, `/`, `end`) and `teach` the side
    (`/`, `side`). A null value withdraws a command that no row has obeyed, and an `unlearn`.
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this format.")] = 1
    command: Annotated[
        CommandKind,
        Meta(
            description="`reset`: the series forgets what it learned under this config, and learns anew. "
            "`teach`: deviations of up to `deviation` on this `side` are known, and open no alert. "
            "`unlearn`: every history that is loaded leaves out the values from `begin` to `end`."
        ),
    ]
    config_id: Annotated[str, Meta(description="The config whose baseline of the series is meant.")]
    metric: Annotated[str, Meta(description="Name of the series' metric.")]
    labels: Annotated[dict[str, str], Meta(description="Labels of the series.")]
    author: Annotated[str, Meta(description="Who gave the command.")]
    issued_at_ms: Annotated[int, Meta(description="When it was given, milliseconds since the epoch.")]
    begin: Annotated[
        float | None,
        Meta(description="First event time that is left out, seconds since the epoch; null: no first one."),
    ] = None
    end: Annotated[
        float | None,
        Meta(description="Last event time that is left out, seconds since the epoch; null: no last one."),
    ] = None

    side: Annotated[
        Side | None, Meta(description="`teach`: the side of the expected value; null: another command.")
    ] = None
    deviation: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="`teach`: the largest distance from the expected value that is known, in the "
            "metric's own units; 0: none is any more. Null: another command.",
        ),
    ] = None
    alert_id: Annotated[
        str | None,
        Meta(description="`teach`: the alert whose feedback said so; null: another command, or none did."),
    ] = None

    @property
    def known(self) -> KnownDeviation | None:
        """What a ``TEACH`` says; None: another command, or an incomplete one."""
        if self.command is not CommandKind.TEACH or self.side is None or self.deviation is None:
            return None
        return KnownDeviation(self.side, self.deviation)

    @property
    def left_out(self) -> TimeRange | None:
        """The range of an ``UNLEARN``; None: another command."""
        if self.command is not CommandKind.UNLEARN:
            return None
        return range_of(self.begin, self.end)


def position_of(generation: int, offset: int) -> int:
    """The position of a record: the generation of its topic in the upper 32 bits, its offset in the lower."""
    return generation << _OFFSET_BITS | offset
