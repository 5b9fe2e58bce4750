"""The state of notifications: groups, the alerts in them, and messages that are made from them."""

from dataclasses import dataclass

import msgspec

from anomaly_stream.model import AlertEvent, Severity

_RANKS = {severity.label: int(severity) for severity in Severity}


class Member(msgspec.Struct):
    """An alert in a group."""

    alert_id: str
    sent: AlertEvent | None = None
    """Its last event that was delivered."""
    pending: list[AlertEvent] = []
    """Its events that were not, in order. The first ones may be in the group's outgoing message."""

    @property
    def is_open(self) -> bool:
        """Whether its last delivered event leaves it open."""
        return self.sent is not None and self.sent.status != "resolved"

    def knows(self, event: AlertEvent) -> bool:
        """Whether an event is a copy of one that it has: by its number, or by its id if it has none."""
        last = self.pending[-1] if self.pending else self.sent
        if last is not None and event.sequence and last.sequence:
            return event.sequence <= last.sequence
        ids = {one.event_id for one in (*self.pending, *([self.sent] if self.sent else []))}
        return event.event_id in ids

    def add(self, event: AlertEvent, on_its_way: int) -> None:
        """Add an event. A reminder takes the place of one that waits, so that few events wait.

        Args:
            event: it is new.
            on_its_way: how many of the pending events are in the outgoing message.
        """
        waiting = self.pending[on_its_way:]
        if waiting and waiting[-1].status == event.status == "reminder":
            self.pending[-1] = event
        else:
            self.pending.append(event)


class Outgoing(msgspec.Struct, frozen=True):
    """The message of a group that is not delivered yet. It is the same at each attempt."""

    id: str
    created_at: float
    counts: dict[str, int]
    """By alert: how many of its pending events it has; 0: its last delivered one, as a reminder."""
    is_reminder: bool
    open_alerts: int


class Group(msgspec.Struct):
    """Alerts that a route reports together."""

    id: str
    route: str
    receiver: str
    labels: dict[str, str]
    due_at: float = 0.0
    """When it is looked at again."""
    sent_at: float | None = None
    """When its last message was made."""
    rank: int = 0
    """The highest severity that it has reported of alerts that are still open."""
    outgoing: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class AlertNews:
    """What a message says about one alert.

    Attributes:
        before: the event that the receiver had last; None: the alert is new to it.
        events: what it has not had, in order; of a reminder, the event that it had last.
    """

    before: AlertEvent | None
    events: tuple[AlertEvent, ...]

    @property
    def latest(self) -> AlertEvent:
        """The event that says how the alert is now."""
        return self.events[-1]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one receiver.

    Attributes:
        id: the idempotency key: of a single event its ``event_id``, else a hash of all ids.
        group_id: the group that it is from; a group has one message at a time.
        receiver: name of the receiver.
        labels: what its alerts share.
        created_at: seconds since the epoch.
        is_reminder: whether it repeats what the receiver had.
        open_alerts: number of alerts of the group that are open after it.
        alerts: one entry for each alert.
    """

    id: str
    group_id: str
    receiver: str
    labels: dict[str, str]
    created_at: float
    is_reminder: bool
    open_alerts: int
    alerts: tuple[AlertNews, ...]

    @property
    def severity(self) -> str:
        """The highest severity of its alerts."""
        return max((news.latest.severity for news in self.alerts), key=rank_of)

    @property
    def only_reminds(self) -> bool:
        """Whether it repeats what the receiver had, or all its events are reminders of alerts that last."""
        return self.is_reminder or all(news.latest.status == "reminder" for news in self.alerts)

    @property
    def is_resolved(self) -> bool:
        """Whether all its alerts are resolved."""
        return all(news.latest.status == "resolved" for news in self.alerts)


def rank_of(severity: str) -> int:
    """The order of severities, from 0 for none."""
    return _RANKS.get(severity, 0)
