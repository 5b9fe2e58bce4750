"""Messages from groups: which events the next message of a group has, and the message itself."""

import hashlib
from collections.abc import Collection, Mapping

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.state import AlertNews, Group, Member, Message, Outgoing

MAX_EVENTS = 200
"""Maximum number of events in a message; further ones follow in the next one."""
MAX_BYTES = 2 * 2**20
"""Maximum size of the events of a message as JSON, if there are several, so that its record has room."""

_encoder = msgspec.json.Encoder()

Members = Mapping[str, Member]
"""The alerts of a group by id."""


def news_of(group: Group, members: Members, now: float) -> Outgoing | None:
    """The next message with what its receiver does not know yet; None if it knows everything."""
    counts = _counts(members)
    if not counts:
        return None
    return Outgoing(_id_of(group, members, counts, now), now, counts, False, _open_after(members, counts))


def reminder_of(group: Group, members: Members, alert_ids: Collection[str], now: float) -> Outgoing | None:
    """A message that repeats these alerts of the group; None if there are none."""
    counts = dict.fromkeys(alert_ids, 0)
    if not counts:
        return None
    return Outgoing(_id_of(group, members, counts, now), now, counts, True, _open_after(members, counts))


def message_of(group: Group, members: Members, outgoing: Outgoing) -> Message:
    """The message itself."""
    alerts = []
    for alert_id, count in outgoing.counts.items():
        member = members[alert_id]
        events = tuple(member.pending[:count]) if count else (member.sent,)
        alerts.append(AlertNews(member.sent, tuple(event for event in events if event is not None)))
    return Message(
        outgoing.id, group.id, group.receiver, group.labels, outgoing.created_at,
        outgoing.is_reminder, outgoing.open_alerts, tuple(alerts),
    )  # fmt: skip


def digest_of(*parts: str) -> str:
    """A hash of texts, 32 hexadecimal digits."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _counts(members: Members) -> dict[str, int]:
    """By alert, the number of its events in the next message."""
    counts: dict[str, int] = {}
    room, space = MAX_EVENTS, MAX_BYTES
    for member in members.values():
        for number, event in enumerate(member.pending[:room]):
            space -= _size(event) + (_size(member.sent) if number == 0 and member.sent is not None else 0)
            if space < 0 and counts:
                return counts
            counts[member.alert_id] = number + 1
        room -= counts.get(member.alert_id, 0)
    return counts


def _size(event: AlertEvent) -> int:
    return len(_encoder.encode(event))


def _open_after(members: Members, counts: Mapping[str, int]) -> int:
    """Number of alerts of the group that are open once the message is delivered."""
    last = [
        member.pending[counts[alert_id] - 1] if counts.get(alert_id) else member.sent
        for alert_id, member in members.items()
    ]
    return sum(event is not None and event.status != "resolved" for event in last)


def _id_of(group: Group, members: Members, counts: Mapping[str, int], now: float) -> str:
    """The idempotency key of a message with these events."""
    ids = [
        event.event_id for alert_id, count in counts.items() for event in members[alert_id].pending[:count]
    ]
    if len(ids) == 1:
        return ids[0]
    return digest_of(*ids) if ids else digest_of(group.id, repr(now), *counts)
