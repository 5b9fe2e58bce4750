"""Events to messages: which alerts are reported together, and when. Given the time, it has no clock."""

import heapq
from collections.abc import Callable, Iterable

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.composition import digest_of, message_of, news_of, reminder_of
from anomaly_stream.notify.matchers import fields_of
from anomaly_stream.notify.router import Route
from anomaly_stream.notify.state import Group, Member, Message, rank_of

_MUTED_S = 60.0
_GROUP, _MEMBER = "group/", "member/"
_encoder = msgspec.json.Encoder()
_groups = msgspec.json.Decoder(Group)
_members = msgspec.json.Decoder(Member)


def _never(_: AlertEvent) -> bool:
    return False


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

        Alerts of routes that are gone or have changed are routed again. Returns how many are reported again.
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
        return sum(self._take_again(member, now) for member in orphans)

    def open_events(self) -> list[AlertEvent]:
        """The latest event of every alert that is open."""
        latest = [
            member.pending[-1] if member.pending else member.sent
            for members in self._members.values()
            for member in members.values()
        ]
        return [event for event in latest if event is not None and event.status != "resolved"]

    def take(self, event: AlertEvent, now: float) -> bool:
        """Add an event to the groups of its routes, and of the routes that had its alert before.

        Returns False if nothing is reported: it is the end of an alert that no route has, or is dropped.
        """
        fields = fields_of(event)
        known = self._of_alert.get(event.alert_id, {})
        if event.status != "resolved":
            for route in self._root.find(fields):
                if route.id not in known and not route.drops:
                    known[route.id] = self._group_of(route, fields, now).id
        if known:
            self._of_alert[event.alert_id] = known
        for group_id in known.values():
            self._add(self._groups[group_id], event, now)
        return bool(known)

    def due(self, now: float, is_silenced: Callable[[AlertEvent], bool] = _never) -> list[Message]:
        """The messages to deliver from now on. A group has no further one before :meth:`settle`.

        ``is_silenced`` says which alerts are left out of reminders.
        """
        found = []
        while self._agenda and self._agenda[0][0] <= now:
            at, group_id = heapq.heappop(self._agenda)
            group = self._groups.get(group_id)
            if group is None or group.due_at != at or group.outgoing is not None:
                continue
            if (message := self._look_at(group, now, is_silenced)) is not None:
                found.append(message)
        return found

    def outgoing(self) -> list[Message]:
        """The messages that an earlier process made, and that were not settled."""
        return [
            message_of(group, self._members[group.id], group.outgoing)
            for group in self._groups.values()
            if group.outgoing
        ]

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
        if member.knows(event):
            return
        on_its_way = 0 if group.outgoing is None else group.outgoing.counts.get(event.alert_id, 0)
        member.add(event, on_its_way)
        self._change(_member_key(group.id, event.alert_id))
        if group.outgoing is None:
            self._plan(group, now)

    def _take_again(self, member: Member, now: float) -> bool:
        """Take the events of an alert whose route is gone. Whether one of them is reported."""
        events = [*([member.sent] if member.sent is not None else []), *member.pending]
        return sum(self.take(event, now) for event in events) > 0

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

    def _look_at(self, group: Group, now: float, is_silenced: Callable[[AlertEvent], bool]) -> Message | None:
        members = self._members[group.id]
        if not members:
            del self._groups[group.id], self._members[group.id]
            self._change(_GROUP + group.id)
            return None
        route = self._routes[group.route]
        if route.is_muted(now):
            self._schedule(group, now + _MUTED_S)
            return None
        outgoing = news_of(group, members, now)
        if outgoing is None:
            reminded = [one.alert_id for one in members.values() if one.sent and not is_silenced(one.sent)]
            outgoing = reminder_of(group, members, reminded[: route.timing.most_reminded], now)
        if outgoing is None:
            self._schedule(group, now + route.timing.repeat_s)
            return None
        group.outgoing, group.sent_at = outgoing, now
        self._change(_GROUP + group.id)
        return message_of(group, members, outgoing)

    def _group_of(self, route: Route, fields: dict[str, str], now: float) -> Group:
        labels = route.labels_of(fields)
        group_id = digest_of(route.id, route.receiver, *map(repr, sorted(labels.items())))
        if group_id not in self._groups:
            self._groups[group_id] = Group(group_id, route.id, route.receiver, labels)
            self._members[group_id] = {}
            self._change(_GROUP + group_id)
        return self._groups[group_id]

    def _restored(self, group_id: str) -> list[Member]:
        """Plan a restored group; or remove it, and return its alerts, if its route is not as it was."""
        group, members = self._groups.get(group_id), self._members[group_id]
        route = self._routes.get(group.route) if group is not None else None
        if group and route and route.receiver == group.receiver and not route.drops:
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
