"""What is asked of the history, and the rows that it answers with."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

Key = tuple[float, str]
"""Time and id of a row: pages are in descending order of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts, incidents or anomalies to find.

    Attributes:
        readable: the owners whose rows the caller may see; None: of everybody.
        owner: that owns the config, and so on; None: any.
        incident: the alerts of this incident.
        suppressed: whether a silence suppresses the newest event of the alert; None: either.
        labels: names that the series must have, each with the value it must have; None: any value.
        since: alerts and incidents that were open then or later; anomalies from then on. Seconds since the
            epoch.
        until: what began before.
    """

    readable: Collection[str] | None = None
    owner: str | None = None
    config_id: str | None = None
    metric: str | None = None
    incident: str | None = None
    labels: tuple[tuple[str, str | None], ...] = ()
    severity: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    suppressed: bool | None = None
    since: float | None = None
    until: float | None = None


class Found(NamedTuple):
    """A row: its key, and the message."""

    key: Key
    body: str
