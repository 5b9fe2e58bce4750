"""Writes to the configs topic, by compare-and-swap.

All writers share one transactional id. Kafka gives it to one producer at a time: a writer that starts a
producer aborts the open transaction of the previous one, and fences it. A writer

1. makes sure that it holds the id,
2. reads the topic to its end (``read_committed``),
3. decides on the changes, by the configs in force,
4. writes and commits them in one transaction.

If another writer took the id after step 1, Kafka refuses step 4, and all steps are repeated. So the configs
that step 3 has seen are those that the transaction replaces, with any number of processes. Kafka acknowledges
a commit before its records are visible, so a write returns after its own view has read them. They are visible
to every other reader then.

A commit whose answer is lost is settled by the next producer of the id: Kafka completes or aborts the
transaction first. Then the records are at their offsets, or they never will be.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from confluent_kafka import KafkaException, Message, Producer

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.baselines_topic import forget_record
from anomaly_stream.kafka.config_topic import AUTHOR_HEADER, config_context, messages_of
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.registry.config_record import ConfigRecord, encode_record
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import command_key, encode_command
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_ANSWER_S = 10.0
_GIVE_UP_S = 30.0
_BACKOFF_S = 0.1
_TRANSACTION_MS = 15_000
# The client raises a fatal error, of a fenced producer, while it calls the next callback: a SystemError.
_NOT_COMMITTED = (KafkaException, SystemError)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A change that deletes a config."""

    config_id: str
    author: str = ""


Change = ConfigRecord | Deletion | SeriesCommand
Decide = Callable[[Registry], Sequence[Change]]


class ConfigWriter:
    """Writes configs; safe to use from several threads.

    Args:
        settings: how to reach Kafka.
        view: the configs topic, as :func:`config_view` follows it.
    """

    def __init__(self, settings: Settings, view: TopicView[Registry]) -> None:
        self._settings = settings
        self._view = view
        self._baselines = TopicNames.of(settings).baselines
        self._writing = threading.Lock()
        self._producer: Any = None

    def current(self) -> Registry:
        """The configs in force, with all that was committed before this call. Raises BrokerError."""
        return self._view.current()

    def write(self, decide: Decide) -> Registry:
        """Write the changes that ``decide`` makes of the configs in force; returns the configs after them.

        ``decide`` may be called several times, if other processes write too. What it raises is raised here,
        and nothing is written.

        Raises:
            BrokerError: Kafka cannot be reached, or refused. The changes are written completely or not at
                all.
        """
        deadline = time.monotonic() + _GIVE_UP_S
        unsettled: Sequence[Change] = ()
        with self._writing:
            while True:
                producer = self._own_producer()
                registry = self._view.current()
                if unsettled and all(_is_included(change, registry) for change in unsettled):
                    return registry
                changes = decide(registry)
                if not changes:
                    return registry
                delivered = _Delivered()
                try:
                    _commit(producer, self._view.topic, self._baselines, registry, changes, delivered)
                    return self._view.at_least(delivered.end, _GIVE_UP_S)
                except _NOT_COMMITTED as error:
                    self._producer = None
                    reason = str(error.__cause__ or error)
                if time.monotonic() > deadline:
                    raise BrokerError(f"the configs topic cannot be written: {reason}")
                logger.info(
                    "Another process writes configs, or Kafka did not answer: trying again: %s", reason
                )
                unsettled = changes if delivered.end else ()
                time.sleep(_BACKOFF_S * random.uniform(0.2, 1.0))  # lets the other process finish

    def _own_producer(self) -> Any:
        """A producer that holds the transactional id, unless another process took it since."""
        if self._producer is None:
            self._producer = _new_producer(self._settings)
        return self._producer


class _Delivered:
    """How far the records of a transaction are acknowledged."""

    def __init__(self) -> None:
        self.end = 0
        """The offset after the last one."""

    def __call__(self, error: Any, message: Message) -> None:
        if error is None:
            self.end = max(self.end, message.offset() + 1)


@contextmanager
def config_writer(settings: Settings) -> Iterator[ConfigWriter]:
    """A writer with its own view of the topic, for the time of this context.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    with config_view(settings) as view:
        yield ConfigWriter(settings, view)


def config_view(settings: Settings) -> TopicView[Registry]:
    """A view of the configs topic, not started."""
    return TopicView(
        settings,
        TopicNames.of(settings).configs,
        Registry(config_context(settings)),
        lambda registry, messages: registry.apply_all(messages_of(messages))[0],
    )


def _commit(
    producer: Any,
    topic: str,
    baselines: str,
    registry: Registry,
    changes: Sequence[Change],
    delivered: _Delivered,
) -> None:
    """Commit the changes. A deletion also forgets the loaded baselines and the commands of its config."""
    producer.begin_transaction()
    for change in changes:
        headers = {}
        if isinstance(change, Deletion):
            key, value = change.config_id.encode(), None
            headers = {AUTHOR_HEADER: change.author.encode()}
            producer.produce(baselines, *forget_record(change.config_id), partition=0)
            for command in registry.commands_of(change.config_id):
                producer.produce(topic, None, command, partition=0, on_delivery=delivered)
        elif isinstance(change, SeriesCommand):
            key, value = encode_command(change)
        else:
            key, value = encode_record(change)
        producer.produce(topic, value, key, partition=0, on_delivery=delivered, headers=headers)
    producer.flush(_ANSWER_S)
    producer.commit_transaction(_ANSWER_S)


def _is_included(change: Change, registry: Registry) -> bool:
    """Whether ``change``, whose commit was not answered, is in force or among the past versions."""
    if isinstance(change, Deletion):
        return change.config_id not in registry.records
    if isinstance(change, SeriesCommand):
        newest = registry.commands.get(command_key(change))
        return newest is not None and msgspec.structs.replace(newest, position=change.position) == change
    known = registry.records.get(change.config.id)
    if known is None or known == change:
        return known is not None
    made = change.version, change.author, change.updated_at_ms, change.document
    return made in [(past.version, past.author, past.updated_at_ms, past.config) for past in known.past]


def _new_producer(settings: Settings) -> Any:
    """A producer that holds the transactional id; the previous one is fenced. Raises BrokerError."""
    producer = Producer(
        {
            **settings.kafka.client_options(),
            "acks": "all",
            "linger.ms": 0,
            "transactional.id": settings.namespaced("configs"),
            "transaction.timeout.ms": _TRANSACTION_MS,
        }
    )
    deadline = time.monotonic() + _GIVE_UP_S
    while True:
        try:
            producer.init_transactions(_ANSWER_S)
            return producer
        except KafkaException as error:
            failure = error.args[0]
            if not failure.retriable() or time.monotonic() > deadline:
                raise BrokerError(
                    f"Kafka does not start a transaction, which writes of configs need: {failure.str()}"
                ) from None
