"""Which messages that were given up are still in order: nothing later of their alerts was delivered."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.composition import digest_of
from anomaly_stream.notify.state import AlertNews, Group, Member, Message

_groups = msgspec.json.Decoder(Group)
_members = msgspec.json.Decoder(Member)

Records = Mapping[str, bytes]


class ReplayOrder:
    """The events of messages that were given up, each with the one that came before it.

    Args:
        messages: all that were given up.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self._next = {
            (message.group_id, news.before.event_id): news.latest
            for message in messages
            for news in message.alerts
            if news.before is not None
        }

    def split(self, message: Message, records: Records) -> tuple[Message | None, Message | None]:
        """The part of a message that is in order, and the part whose alerts went on without it.

        Args:
            message: it was given up.
            records: the state of the notifier.
        """
        late = [news for news in message.alerts if self._is_late(message.group_id, news.latest, records)]
        in_order = [news for news in message.alerts if news not in late]
        if not late or not in_order:
            return (None, message) if late else (message, None)
        return _with(message, in_order), _with(message, late)

    def _is_late(self, group_id: str, latest: AlertEvent, records: Records) -> bool:
        """Whether the receiver had a later event: one that was neither given up nor is still to come."""
        last, seen = _last_settled(group_id, latest.alert_id, records), set[str]()
        while latest.status != "resolved" and latest.event_id != last:
            following = self._next.get((group_id, latest.event_id))
            if following is None or following.event_id in seen:
                return True
            seen.add(following.event_id)
            latest = following
        return False


def _last_settled(group_id: str, alert_id: str, records: Records) -> str | None:
    """The id of the last event of an open alert that was settled; None: another is on its way."""
    group, member = records.get(f"group/{group_id}"), records.get(f"member/{group_id}/{alert_id}")
    if group is None or member is None:
        return None
    outgoing, sent = _groups.decode(group).outgoing, _members.decode(member).sent
    is_on_its_way = outgoing is not None and outgoing.counts.get(alert_id, 0) > 0
    return None if is_on_its_way or sent is None else sent.event_id


def _with(message: Message, alerts: list[AlertNews]) -> Message:
    """A message with some of its alerts, and the key that belongs to their events."""
    ids = [event.event_id for news in alerts for event in news.events]
    return replace(message, id=ids[0] if len(ids) == 1 else digest_of(*ids), alerts=tuple(alerts))
