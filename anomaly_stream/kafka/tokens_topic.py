"""The compacted topic of API tokens: hashes, never the tokens themselves.

A token is stored under its prefix; a record without a value revokes it. Its last use is stored under another
key, so that noting a use cannot undo a revocation.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeVar

import msgspec
from confluent_kafka import Message

from anomaly_stream.kafka.publish import publish
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_USED = "/used"
Value = TypeVar("Value")


class StoredToken(msgspec.Struct, frozen=True):
    """A token as the topic holds it; times are seconds since the epoch."""

    prefix: str
    """The public part of the token, by which it is found."""
    hash: str
    """Argon2id hash of the secret part, with its parameters and salt."""
    group: str
    """The platform group that the token acts for."""
    role: Literal["viewer", "editor", "admin"] | None
    """The most that the token may do; None: whatever the group may."""
    note: str
    """What the token is for."""
    created_by: str
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that are not revoked, by prefix, and their last uses."""

    stored: Mapping[str, StoredToken] = field(default_factory=lambda: MappingProxyType({}))
    used: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, records: Iterable[tuple[str, bytes | None]]) -> "Tokens":
        """The tokens after some records, of which those that are invalid are logged and ignored."""
        stored, used = dict(self.stored), dict(self.used)
        for key, value in records:
            try:
                if key.endswith(_USED):
                    _put(used, key.removesuffix(_USED), value, float)
                else:
                    _put(stored, key, value, StoredToken)
            except msgspec.DecodeError as error:
                logger.error("A record of the tokens topic is invalid, and ignored: %s", error)
        return Tokens(stored, used)


def tokens_view(settings: Settings) -> TopicView[Tokens]:
    """A view of the topic, not started."""
    return TopicView(settings, TopicNames.of(settings).tokens, Tokens(), _fold)


def publish_token(settings: Settings, token: StoredToken) -> None:
    """Add a token. Raises BrokerError."""
    publish(settings, TopicNames.of(settings).tokens, [(token.prefix.encode(), msgspec.json.encode(token))])


def revoke_token(settings: Settings, prefix: str) -> None:
    """Revoke a token: API processes refuse it within a second. Raises BrokerError."""
    topic = TopicNames.of(settings).tokens
    publish(settings, topic, [(prefix.encode(), None), (f"{prefix}{_USED}".encode(), None)])


def note_use(settings: Settings, prefix: str, at: float) -> None:
    """Store when a token was used. Raises BrokerError."""
    key = f"{prefix}{_USED}".encode()
    publish(settings, TopicNames.of(settings).tokens, [(key, msgspec.json.encode(at))])


def _put(values: dict[str, Value], prefix: str, content: bytes | None, kind: type[Value]) -> None:
    if content is None:
        values.pop(prefix, None)
    else:
        values[prefix] = msgspec.json.decode(content, type=kind)


def _fold(tokens: Tokens, messages: Sequence[Message]) -> Tokens:
    return tokens.after(
        ((message.key() or b"").decode(errors="replace"), message.value()) for message in messages
    )
