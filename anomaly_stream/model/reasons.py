"""The reasons of anomalies: the values of ``reason`` on the alerts and scores topics."""

from dataclasses import dataclass

from anomaly_stream.model.side import Side


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. Each detector names the reasons that it can give."""

    name: str
    """Its name on topics."""
    meaning: str
    """One sentence for the reference pages and the schemas."""
    clause: str = ""
    """The predicate of the alert's explanation; ``{value}`` and ``{side}`` are filled in. Empty for groups,
    whose explanation names members instead. Without ``{side}``, the reason has no side."""
    sides: tuple[str, str] = ("above", "below")
    """What ``{side}`` says of what is above what is usual, and of what is below it."""

    @property
    def has_side(self) -> bool:
        """Whether what was found lies above what is usual, or below it."""
        return "{side}" in self.clause

    def side_in_words(self, side: Side) -> str:
        """What the explanation says of a side."""
        return self.sides[side == "below"]


DISTANCE = Reason(
    "distance",
    "The value is far from its expected value, beyond the normal range.",
    "is {side} normal at {value}",
)
MEAN_SHIFT = Reason(
    "mean_shift",
    "The mean of recent values has moved away from its usual level.",
    "has a recent mean {side} its usual level, last value {value}",
)
VARIANCE_CHANGE = Reason(
    "variance_change",
    "Recent values vary much more or much less than usual.",
    "varies much {side} than usual over its last 12 values, the last at {value}",
    ("more", "less"),
)
FLAT_LINE = Reason(
    "flat_line",
    "The value has not changed for longer than usual.",
    "has been stuck at {value} for longer than usual",
)
MISSING_DATA = Reason(
    "missing_data",
    "No value had arrived for longer than usual; reported when values arrive again.",
    "sent no value for longer than usual, now at {value}",
)
RATE_OF_CHANGE = Reason(
    "rate_of_change",
    "The value changed faster from the previous one than usual.",
    "changed faster than usual to {value}, {side} what usually follows",
)
MEMBER_SHIFT = Reason(
    "member_shift",
    "Members of a group have been away from their usual level for minutes.",
)
CORRELATION_BREAK = Reason(
    "correlation_break",
    "Two members of a group no longer correlate as usual.",
)
UNUSUAL_COMBINATION = Reason(
    "unusual_combination",
    "The values of a group's members do not fit together as usual.",
)
NOVEL_COMBINATION = Reason(
    "novel_combination",
    "No combination of values like it was seen in this group before.",
)
MEMBERS_UNUSUAL = Reason(
    "members_unusual",
    "Members of a group are unusual for their hour and weekday, one strongly or several together.",
)

CONFIG_DELETED = Reason(
    "config_deleted",
    "The alert was resolved because its config was deleted.",
)
CONFIG_NARROWED = Reason(
    "config_narrowed",
    "The alert was resolved because its config no longer matches the series, or has no `no_data` any more.",
)

REASONS: tuple[Reason, ...] = (
    DISTANCE,
    MEAN_SHIFT,
    VARIANCE_CHANGE,
    FLAT_LINE,
    MISSING_DATA,
    RATE_OF_CHANGE,
    MEMBER_SHIFT,
    CORRELATION_BREAK,
    UNUSUAL_COMBINATION,
    NOVEL_COMBINATION,
    MEMBERS_UNUSUAL,
)
"""What detectors find. The reference page lists them in this order."""
WITHDRAWALS: tuple[Reason, ...] = (CONFIG_DELETED, CONFIG_NARROWED)
"""Why an alert was resolved without an observation."""
