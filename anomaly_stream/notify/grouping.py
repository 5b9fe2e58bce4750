"""Events to messages: which alerts are reported together, and when. Given the time, it has no clock."""

import hashlib
import heapq
from collections.abc import Iterable

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.matchers import fields_of
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.state import AlertNews, Group, Member, Message, Outgoing, rank_of

MAX_EVENTS = 200
"""Maximum number of events in a message; further ones follow in the next one."""

_MUTED_S = 60.0
_GROUP, _MEMBER = "group/", "member/"
_encoder = msgspec.json.Encoder()
_groups = msgspec.json.Decoder(Group)
_members = msgspec.json.Decoder(Member)


class Groups:
    """The groups of all routes.

    Every change of state is reported by :meth:`changes`, and :meth:`restore` makes the same state from them.

    Args:
        root: the tree of routes.
    """

    def __init__(self, root: Route) -> None:
        self._root = root
        self._routes = {route.id: route for route in root.walk()}
        self._groups: dict[str, Group] = {}
        self._members: dict[str, dict[str, Member]] = {}
        self._of_alert: dict[str, dict[str, str]] = {}
        self._agenda: list[tuple[float, str]] = []
        self._changed: dict[str, None] = {}

    def restore(self, records: Iterable[tuple[str, bytes]], now: float) -> int:
        """Take over the state of an earlier process, once.

        Alerts of routes that are gone or have changed are routed again. Returns their number.
        """
        members: list[tuple[str, Member]] = []
        for key, value in records:
            if key.startswith(_GROUP):
                group = _groups.decode(value)
                self._groups[group.id] = group
                self._members[group.id] = {}
            elif key.startswith(_MEMBER):
                members.append((key.split("/")[1], _members.decode(value)))
        for group_id, member in members:
            self._members.setdefault(group_id, {})[member.alert_id] = member
        orphans = [member for group_id in list(self._members) for member in self._restored(group_id)]
        for member in orphans:
            for event in member.pending or ([member.sent] if member.sent is not None else []):
                self.take(event, now)
        return len(orphans)

    def take(self, event: AlertEvent, now: float) -> None:
        """Add an event to the groups of its routes, and of the routes that had its alert before."""
        fields = fields_of(event)
        known = self._of_alert.setdefault(event.alert_id, {})
        if event.status != "resolved" or not known:
            for route in self._root.find(fields):
                if route.id not in known:
                    known[route.id] = self._group_of(route, fields, now).id
        for group_id in known.values():
            self._add(self._groups[group_id], event, now)

    def due(self, now: float) -> list[Message]:
        """The messages to deliver from now on. A group has no further one before :meth:`settle`."""
        found = []
        while self._agenda and self._agenda[0][0] <= now:
            at, group_id = heapq.heappop(self._agenda)
            group = self._groups.get(group_id)
            if group is None or group.due_at != at or group.outgoing is not None:
                continue
            if (message := self._look_at(group, now)) is not None:
                found.append(message)
        return found

    def outgoing(self) -> list[Message]:
        """The messages that an earlier process made, and that were not settled."""
        return [self._message(group, group.outgoing) for group in self._groups.values() if group.outgoing]

    def settle(self, group_id: str, now: float) -> None:
        """The message of a group was delivered, or is given up: go on with what came after it."""
        group, members = self._groups[group_id], self._members[group_id]
        assert group.outgoing is not None
        for alert_id, count in group.outgoing.counts.items():
            member = members[alert_id]
            if count:
                member.sent, member.pending = member.pending[count - 1], member.pending[count:]
            self._change(_member_key(group_id, alert_id))
            if not member.is_open and not member.pending:
                self._remove(group, alert_id)
        group.rank = max(
            (rank_of(one.sent.severity) for one in members.values() if one.is_open and one.sent), default=0
        )
        group.outgoing = None
        self._change(_GROUP + group_id)
        self._plan(group, now)

    def changes(self) -> list[tuple[str, bytes | None]]:
        """The records that changed since the last call; None: deleted."""
        found = [(key, self._record(key)) for key in self._changed]
        self._changed.clear()
        return found

    def _add(self, group: Group, event: AlertEvent, now: float) -> None:
        member = self._members[group.id].setdefault(event.alert_id, Member(event.alert_id))
        seen = {one.event_id for one in member.pending}
        if event.event_id in seen or (member.sent is not None and member.sent.event_id == event.event_id):
            return
        member.pending.append(event)
        self._change(_member_key(group.id, event.alert_id))
        if group.outgoing is None:
            self._plan(group, now)

    def _plan(self, group: Group, now: float) -> None:
        """Set when the group is looked at next: by what is pending, open, and reported."""
        timing, members = self._routes[group.route].timing, self._members[group.id].values()
        pending = [member.pending[-1] for member in members if member.pending]
        last = now if group.sent_at is None else group.sent_at
        if not pending:
            due = last + (timing.repeat_s if members else timing.interval_s)
        elif group.sent_at is None:
            due = min(group.due_at or now + timing.wait_s, now + timing.wait_s)
        else:
            due = max(now, group.sent_at + timing.interval_s)
            if max(rank_of(event.severity) for event in pending) > group.rank:
                due = min(due, now + timing.wait_s)
                due = min(due, group.due_at) if group.due_at > now else due
        self._schedule(group, due)

    def _schedule(self, group: Group, due: float) -> None:
        if due != group.due_at:
            group.due_at = due
            self._change(_GROUP + group.id)
        heapq.heappush(self._agenda, (due, group.id))

    def _look_at(self, group: Group, now: float) -> Message | None:
        members = self._members[group.id]
        if not members:
            del self._groups[group.id], self._members[group.id]
            self._change(_GROUP + group.id)
            return None
        if self._routes[group.route].is_muted(now):
            self._schedule(group, now + _MUTED_S)
            return None
        counts: dict[str, int] = {}
        for member in members.values():
            if member.pending and sum(counts.values()) < MAX_EVENTS:
                counts[member.alert_id] = min(len(member.pending), MAX_EVENTS - sum(counts.values()))
        is_reminder = not counts
        if is_reminder:
            counts = dict.fromkeys(list(members)[:MAX_EVENTS], 0)
        group.outgoing = Outgoing(
            _id_of(group, members, counts, now), now, counts, is_reminder, self._open_after(members, counts)
        )
        group.sent_at = now
        self._change(_GROUP + group.id)
        return self._message(group, group.outgoing)

    def _open_after(self, members: dict[str, Member], counts: dict[str, int]) -> int:
        last = [
            member.pending[counts[alert_id] - 1] if counts.get(alert_id) else member.sent
            for alert_id, member in members.items()
        ]
        return sum(event is not None and event.status != "resolved" for event in last)

    def _message(self, group: Group, outgoing: Outgoing) -> Message:
        alerts = []
        for alert_id, count in outgoing.counts.items():
            member = self._members[group.id][alert_id]
            events = tuple(member.pending[:count]) if count else (member.sent,)
            alerts.append(AlertNews(member.sent, tuple(event for event in events if event is not None)))
        return Message(
            outgoing.id, group.id, group.receiver, group.labels, outgoing.created_at,
            outgoing.is_reminder, outgoing.open_alerts, tuple(alerts),
        )  # fmt: skip

    def _group_of(self, route: Route, fields: dict[str, str], now: float) -> Group:
        labels = route.labels_of(fields)
        group_id = _hash(route.id, route.receiver, *map(repr, sorted(labels.items())))
        if group_id not in self._groups:
            self._groups[group_id] = Group(group_id, route.id, route.receiver, labels)
            self._members[group_id] = {}
            self._change(_GROUP + group_id)
        return self._groups[group_id]

    def _restored(self, group_id: str) -> list[Member]:
        """Plan a restored group; or remove it, and return its alerts, if its route is not as it was."""
        group, members = self._groups.get(group_id), self._members[group_id]
        route = self._routes.get(group.route) if group is not None else None
        if group is not None and route is not None and route.receiver == group.receiver:
            for alert_id in members:
                self._of_alert.setdefault(alert_id, {})[route.id] = group_id
            heapq.heappush(self._agenda, (group.due_at, group_id))
            return []
        self._groups.pop(group_id, None)
        del self._members[group_id]
        for key in (_GROUP + group_id, *(_member_key(group_id, alert_id) for alert_id in members)):
            self._change(key)
        return list(members.values())

    def _remove(self, group: Group, alert_id: str) -> None:
        del self._members[group.id][alert_id]
        known = self._of_alert.get(alert_id, {})
        known.pop(group.route, None)
        if not known:
            self._of_alert.pop(alert_id, None)

    def _change(self, key: str) -> None:
        self._changed[key] = None

    def _record(self, key: str) -> bytes | None:
        kind, group_id, *alert = key.split("/")
        if kind == "group":
            group = self._groups.get(group_id)
            return None if group is None else _encoder.encode(group)
        member = self._members.get(group_id, {}).get(alert[0])
        return None if member is None else _encoder.encode(member)


def _member_key(group_id: str, alert_id: str) -> str:
    return f"{_MEMBER}{group_id}/{alert_id}"


def _id_of(group: Group, members: dict[str, Member], counts: dict[str, int], now: float) -> str:
    ids = [
        event.event_id for alert_id, count in counts.items() for event in members[alert_id].pending[:count]
    ]
    if len(ids) == 1:
        return ids[0]
    return _hash(*ids) if ids else _hash(group.id, repr(now), *counts)


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
