"""A change of one config, before it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from anomaly_stream.kafka.config_writer import Change
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Planned:
    """A change of one config, before it is made.

    Attributes:
        before: the record in force; None if the config is new.
        after: the record that replaces it, or the same one if nothing changes; None if it is deleted.
        changes: what to write.
        restarts: the fields because of which the baselines restart.
    """

    before: ConfigRecord | None
    after: ConfigRecord | None
    changes: tuple[Change, ...] = ()
    restarts: tuple[str, ...] = ()


Plan = Callable[[Registry], Planned]
