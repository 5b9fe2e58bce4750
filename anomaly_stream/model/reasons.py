"""The reasons of anomalies: the values of ``reason`` on the alerts and scores topics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. Each detector names the reasons that it can give."""

    name: str
    """Its name on topics."""
    meaning: str
    """One sentence for the reference pages and the schemas."""
    clause: str = ""
    """The predicate of the alert's explanation; ``{value}``, ``{side}`` (above, below) and ``{mean}`` (above,
    below, away from) are filled in. Empty for groups, whose explanation names members instead."""


DISTANCE = Reason(
    "distance",
    "The value is far from its expected value, beyond the normal range.",
    "is {side} normal at {value}",
)
MEAN_SHIFT = Reason(
    "mean_shift",
    "The mean of recent values has moved away from its usual level.",
    "has a recent mean {mean} its usual level, last value {value}",
)
VARIANCE_CHANGE = Reason(
    "variance_change",
    "Recent values vary much more or much less than before.",
    "varies much more or much less than before, last value {value}",
)
FLAT_LINE = Reason(
    "flat_line",
    "The value has not changed for longer than usual.",
    "is stuck at {value} for longer than usual",
)
MISSING_DATA = Reason(
    "missing_data",
    "No value had arrived for longer than usual; reported when values arrive again.",
    "sent no value for longer than usual, now at {value}",
)
RATE_OF_CHANGE = Reason(
    "rate_of_change",
    "The value changed faster from the previous one than usual.",
    "changed faster than usual, to {value}",
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
