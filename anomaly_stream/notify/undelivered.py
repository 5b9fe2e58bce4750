"""Messages that were given up: their records on a compacted topic, and their delivery on request."""

import logging
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec
from confluent_kafka import Message as KafkaMessage

from anomaly_stream.errors import SettingsError
from anomaly_stream.kafka.publish import publish
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.notify.dispatch import Delivery
from anomaly_stream.notify.receivers import Receiver, attempt
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
) -> bool:
    """Deliver what was given up, oldest first; what is delivered leaves the topic. Whether all was.

    Raises TopicError, BrokerError, SettingsError.
    """
    topic = TopicNames.of(settings).undelivered
    empty: Mapping[str, Undelivered] = MappingProxyType({})
    with TopicView(settings, topic, empty, _fold) as view:
        found = view.current(_LOAD_S)
    wanted = {key: one for key, one in found.items() if only is None or one.message.receiver == only}
    if not wanted:
        if only is not None and only not in receivers:
            raise SettingsError(f"{only!r} is not among receivers{did_you_mean(only, receivers)}")
        say("no message is undelivered" if only is None else f"no message to {only} is undelivered")
    complete = True
    for key, one in sorted(wanted.items(), key=lambda each: each[1].message.created_at):
        name = one.message.receiver
        if name not in receivers:
            complete = False
            say(f"{one.message.id}: there is no receiver {name} in the routing file any more")
            continue
        error = await attempt(receivers[name], one.message, templates)
        if error is not None:
            complete = False
            say(f"{one.message.id} to {name}: {error}")
            continue
        publish(settings, topic, [(key.encode(), None)])
        say(f"{one.message.id} to {name}: delivered: {templates.render(one.message).title}")
    return complete


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
