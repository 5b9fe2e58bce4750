"""The tree of routes: where an event goes. A pure function of the event."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.matchers import FIELDS, Matcher
from anomaly_stream.notify.muting import is_muted

ALL_LABELS = "..."
"""In ``group_by``: every label, and config and metric. Each series is then a group of its own."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a group sends, in seconds."""

    wait_s: float
    """From the first event of a group to its first message."""
    interval_s: float
    """From one message of a group to the next one with new events."""
    repeat_s: float
    """From one message of a group to the same again, while its alerts are open and nothing is new."""
    most_reminded: int | None = None
    """Maximum number of alerts that a reminder has; None: all of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree.

    Attributes:
        id: the matchers from the root to this node. It is the same after a restart, and after changes of
            other routes.
        receiver: name of the receiver.
        matchers: all of them must hold.
        group_by: names whose values an event shares with the others of its group.
        timing: when groups of this route send.
        proceed: whether events that match are offered to the next siblings too.
        mute: intervals in which messages wait.
        active: intervals outside of which messages wait; empty: they never wait.
        routes: the nodes below it.
        drops: whether its receiver drops what the route takes.
    """

    id: str
    receiver: str
    matchers: tuple[Matcher, ...]
    group_by: tuple[str, ...]
    timing: Timing
    proceed: bool
    mute: tuple[NamedIntervals, ...]
    active: tuple[NamedIntervals, ...]
    routes: tuple["Route", ...]
    drops: bool = False

    def find(self, fields: Mapping[str, str]) -> list["Route"]:
        """The routes of an event with these fields, as Alertmanager finds them.

        An event that matches a node is offered to the nodes below it, in order, up to the first that takes it
        and does not ``continue``. If none takes it, the node itself does.
        """
        if not all(matcher.holds(fields) for matcher in self.matchers):
            return []
        found: list[Route] = []
        for route in self.routes:
            taken = route.find(fields)
            found += taken
            if taken and not route.proceed:
                break
        return found or [self]

    def labels_of(self, fields: Mapping[str, str]) -> dict[str, str]:
        """What an event with these fields shares with its group; a label that it lacks is omitted."""
        if ALL_LABELS in self.group_by:
            names = [name for name in fields if name not in FIELDS or name in ("config_id", "metric")]
        else:
            names = list(self.group_by)
        return {name: fields[name] for name in sorted(names) if fields.get(name)}

    def is_muted(self, at: float) -> bool:
        """Whether messages wait at this time, in seconds since the epoch."""
        return is_muted(self.mute, self.active, at)

    def walk(self) -> Iterator["Route"]:
        """This node and all below it."""
        yield self
        for route in self.routes:
            yield from route.walk()

    @property
    def condition(self) -> str:
        """Its own matchers as text."""
        return ", ".join(map(str, self.matchers)) or "everything"

    def describe(self, depth: int = 0) -> Iterator[str]:
        """The tree as lines for people."""
        by = f" by {', '.join(self.group_by)}" if self.group_by and not self.drops else ""
        notes = ["drops everything"] if self.drops else self._times()
        notes += ["continue"] if self.proceed else []
        yield f"{'  ' * depth}{self.condition} -> {self.receiver}{by} ({', '.join(notes)})"
        for route in self.routes:
            yield from route.describe(depth + 1)

    def _times(self) -> list[str]:
        notes = [f"wait {self.timing.wait_s:g} s", f"interval {self.timing.interval_s:g} s"]
        notes.append(f"repeat {self.timing.repeat_s:g} s")
        notes += [f"muted in {each.name}" for each in self.mute]
        notes += [f"only in {each.name}" for each in self.active]
        return notes


def route_id(parent: str, matchers: tuple[Matcher, ...], number: int) -> str:
    """The id of a node below ``parent``; ``number`` counts earlier siblings with the same matchers."""
    own = json.dumps(sorted(map(str, matchers)), ensure_ascii=False, separators=(",", ":"))
    return f"{parent}/{own}" + (f"#{number}" if number else "")
