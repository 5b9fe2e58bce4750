"""The limits on what is held, and what is said when one is reached."""

from dataclasses import dataclass
from enum import IntEnum


class Limit(IntEnum):
    """What can keep a new series from its row."""

    CONFIG = 0
    """``max_series`` of the config, a partition."""
    SERIES = 1
    """``worker.max_series``."""
    MEMORY = 2
    """``worker.max_state_bytes``."""

    @property
    def label(self) -> str:
        """The name in metrics."""
        return ("config_max_series", "worker_max_series", "worker_max_state_bytes")[self]


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit kept a series out, for the first time under this config."""

    limit: Limit
    config_id: str
    most: int
    """The limit's value."""

    def __str__(self) -> str:
        where = "max_series" if self.limit is Limit.CONFIG else self.limit.label.replace("_", ".", 1)
        what = " a partition" if self.limit is Limit.CONFIG else ""
        return (
            f"Config {self.config_id}: new series are left out from now on, since {where} is reached"
            f" ({self.most:,}{what}); those that are known go on"
        )


@dataclass(frozen=True, slots=True)
class InstancesReached:
    """``max_instances`` of a group kept an instance out, for the first time."""

    config_id: str
    most: int

    def __str__(self) -> str:
        return (
            f"Group {self.config_id}: new instances are left out from now on, since max_instances is reached"
            f" ({self.most:,} a partition); those that are known go on"
        )
