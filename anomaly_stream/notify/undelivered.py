"""Messages that were given up: their records on a compacted topic, and their delivery on request."""

import logging
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from types import MappingProxyType

import msgspec
from confluent_kafka import Message as KafkaMessage

from anomaly_stream.errors import SettingsError
from anomaly_stream.kafka.publish import publish
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.notify.default_texts import default_title
from anomaly_stream.notify.dispatch import Delivery
from anomaly_stream.notify.journal import fold
from anomaly_stream.notify.receivers import Receiver, attempt
from anomaly_stream.notify.replay_order import ReplayOrder
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Templates
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)


class Undelivered(msgspec.Struct, frozen=True):
    """A message that was given up, when, and why."""

    message: Message
    attempts: int
    reason: str
    given_up_at: float


_decoder = msgspec.json.Decoder(Undelivered)
_LOAD_S = 60.0
_LATE = "not sent, because its alert has gone on or ended for this receiver (--all sends it anyway)"

_GONE = (
    "the routing file has no such receiver any more, or it has no integration there: put it back, "
    "or run anomaly-stream notify replay-dead --discard --receiver"
)


def record_of(delivery: Delivery, now: float) -> tuple[str, bytes]:
    """Key and value of a message that is given up."""
    message = delivery.message
    record = Undelivered(message, delivery.attempts, delivery.reason, now)
    return f"{message.receiver}/{message.id}", msgspec.json.encode(record)


async def replay(
    settings: Settings,
    receivers: Mapping[str, Receiver],
    templates: Templates,
    only: str | None,
    say: Callable[[str], None],
    *,
    late_too: bool = False,
) -> bool:
    """Deliver what was given up, oldest first; what is delivered leaves the topic. Whether all was.

    What would reach a receiver after later events of its alert is left, unless ``late_too``.
    Raises TopicError, BrokerError, SettingsError.
    """
    names = TopicNames.of(settings)
    found = _found(settings)
    wanted = _wanted(found, receivers, only, say)
    order, failed = ReplayOrder(one.message for one in found.values()), set[str]()
    empty: Mapping[str, bytes] = MappingProxyType({})
    complete = True
    with TopicView(settings, names.notifications, empty, fold) as journal:
        for key, one in wanted:
            name = one.message.receiver
            if name not in receivers:
                complete = False
                say(f"{one.message.id} to {name}: {_GONE} {shlex.quote(name)}")
                continue
            state = journal.current(_LOAD_S)
            message, late = (one.message, None) if late_too else order.split(one.message, state)
            if late is not None:
                complete = False
                say(f"{late.id} to {name}: {_LATE}: {templates.render(late).title}")
            if message is None:
                continue
            problem = await _problem(receivers, message, templates, failed)
            if problem is not None:
                complete = False
                failed.add(message.group_id)
                say(f"{message.id} to {name}: {problem}")
                continue
            left = None if late is None else msgspec.json.encode(msgspec.structs.replace(one, message=late))
            publish(settings, names.undelivered, [(key.encode(), left)])
            say(f"{message.id} to {name}: delivered: {templates.render(message).title}")
    return complete


def discard(settings: Settings, receivers: Collection[str], only: str, say: Callable[[str], None]) -> None:
    """Remove what was given up for a receiver, which may be one that is gone.

    Raises TopicError, BrokerError, SettingsError.
    """
    for key, one in _wanted(_found(settings), receivers, only, say):
        publish(settings, TopicNames.of(settings).undelivered, [(key.encode(), None)])
        say(f"{one.message.id} to {only}: discarded: {default_title(one.message)}")


def _found(settings: Settings) -> Mapping[str, Undelivered]:
    empty: Mapping[str, Undelivered] = MappingProxyType({})
    with TopicView(settings, TopicNames.of(settings).undelivered, empty, _fold) as view:
        return view.current(_LOAD_S)


def _wanted(
    found: Mapping[str, Undelivered], receivers: Collection[str], only: str | None, say: Callable[[str], None]
) -> list[tuple[str, Undelivered]]:
    """The messages of all receivers or of one, oldest first."""
    wanted = [(key, one) for key, one in found.items() if only is None or one.message.receiver == only]
    if not wanted:
        if only is not None and only not in receivers:
            raise SettingsError(f"{only!r} is not among receivers{did_you_mean(only, receivers)}")
        say("no message is undelivered" if only is None else f"no message to {only} is undelivered")
    return sorted(wanted, key=lambda each: each[1].message.created_at)


async def _problem(
    receivers: Mapping[str, Receiver], message: Message, templates: Templates, failed: Set[str]
) -> str | None:
    """Deliver a message; why it was not, or None."""
    if message.group_id in failed:
        return "waits, because an earlier message of its group was not delivered"
    error = await attempt(receivers[message.receiver], message, templates)
    return None if error is None else error.explained


def _fold(state: Mapping[str, Undelivered], messages: Sequence[KafkaMessage]) -> Mapping[str, Undelivered]:
    changed = dict(state)
    for message in messages:
        key, value = (message.key() or b"").decode(), message.value()
        if value is None:
            changed.pop(key, None)
            continue
        try:
            changed[key] = _decoder.decode(value)
        except msgspec.DecodeError as error:
            logger.error("Offset %d of %s cannot be read: %s", message.offset(), message.topic(), error)
    return changed
