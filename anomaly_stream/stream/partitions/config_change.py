"""The configs that one partition works under, and the moment at which newer ones take effect.

What a worker publishes follows from the records and from the configs under which they were judged. After a
crash the next owner reads the records again, so it must judge them under the same configs. Therefore the
position of a partition says which configs are in force after its offsets, and a change takes effect in a
checkpoint: no record is processed under the new configs before the position is durable. The owner after a
crash works under the configs of the position until it has processed all that its predecessor can have
processed: everything that was in the source topics when it loaded the partition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model.commands import SeriesCommand

ConfigPosition = tuple[int, int]
"""The generation of the configs topic, and the offset after the last of its records that counts."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What the configs topic has in force up to a position."""

    plan: Plan
    groups: GroupPlan
    commands: tuple[SeriesCommand, ...]
    """The series commands for rows."""
    up_to: ConfigPosition

    @property
    def config_count(self) -> int:
        """The number of configs, of metrics and of groups."""
        return len(self.plan.configs) + len(self.groups.configs)

    def is_same_as(self, other: "InForce") -> bool:
        """Whether the configs and commands are equal; the positions can differ."""
        return (
            self.plan.configs == other.plan.configs
            and self.groups.configs == other.groups.configs
            and set(self.commands) == set(other.commands)
        )


class ConfigChange:
    """The configs of a partition, from their arrival to the checkpoint in which they take effect."""

    def __init__(self) -> None:
        self._now: InForce | None = None
        self._next: InForce | None = None
        self._ends: Mapping[str, int] = MappingProxyType({})
        self.is_unsaved = False
        """Whether the configs that the partition works under are in no durable position yet."""

    def begin(self, now: InForce, *, is_saved: bool, ends: Mapping[str, int] = MappingProxyType({})) -> None:
        """The partition was loaded under ``now``. ``is_saved``: its position says so.

        Its last owner can have processed the source topics up to ``ends``.
        """
        self._now, self.is_unsaved, self._ends = now, not is_saved, ends

    def follow(self, newest: InForce) -> None:
        """Let ``newest`` take effect in a checkpoint."""
        if self._next is None and self._now is not None and newest.is_same_as(self._now):
            self._now = newest
        else:
            self._next = newest

    @property
    def is_waiting(self) -> bool:
        """Whether newer configs have not taken effect yet."""
        return self._next is not None

    def has_caught_up(self, expected: Callable[[str], int | None]) -> bool:
        """Whether all was processed that the last owner can have processed.

        ``expected`` gives the next offset of a source topic.
        """
        return all((expected(topic) or 0) >= end for topic, end in self._ends.items())

    def take(self) -> InForce:
        """The newer configs, which take effect in the checkpoint that is taken now."""
        assert self._next is not None
        taken = self._now = self._next
        self._next, self._ends, self.is_unsaved = None, {}, True
        return taken

    @property
    def position(self) -> ConfigPosition | None:
        """That of the configs that the partition works under; None: unknown."""
        return None if self._now is None else self._now.up_to

    def saved(self) -> None:
        """The position is durable."""
        self.is_unsaved = False
