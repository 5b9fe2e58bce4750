"""The limits on state, and the log lines for a limit that is reached."""

from dataclasses import dataclass
from enum import IntEnum


class Limit(IntEnum):
    """The limits that can exclude a new series."""

    CONFIG = 0
    """``max_series`` of the config, for each partition."""
    SERIES = 1
    """``worker.max_series``."""
    MEMORY = 2
    """``worker.max_state_bytes``."""

    @property
    def label(self) -> str:
        """Its name in metrics."""
        return ("config_max_series", "worker_max_series", "worker_max_state_bytes")[self]


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit has excluded a series, for the first time under this config."""

    limit: Limit
    config_id: str
    most: int
    """The limit's value."""

    def __str__(self) -> str:
        where = "max_series" if self.limit is Limit.CONFIG else self.limit.label.replace("_", ".", 1)
        scope = " per partition" if self.limit is Limit.CONFIG else ""
        return (
            f"Config {self.config_id}: {where} is reached ({self.most:,}{scope}); new series are not watched,"
            " known series continue"
        )


@dataclass(frozen=True, slots=True)
class InstancesReached:
    """``max_instances`` of a group has excluded an instance, for the first time."""

    config_id: str
    most: int

    def __str__(self) -> str:
        return (
            f"Group {self.config_id}: max_instances is reached ({self.most:,} per partition);"
            " new instances are not watched, known instances continue"
        )


@dataclass(frozen=True, slots=True)
class OpenAlertsReached:
    """``worker.max_open_alerts`` has withheld an alert of an owner, for the first time."""

    owner: str
    most: int

    def __str__(self) -> str:
        return (
            f"Owner {self.owner!r}: worker.max_open_alerts is reached ({self.most:,} per partition); further"
            " alerts are withheld until others are resolved"
        )


ReachedLimit = LimitReached | InstancesReached | OpenAlertsReached
"""A limit that is logged once."""
