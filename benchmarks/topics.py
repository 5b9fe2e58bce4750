"""The benchmark's own topics: created before it, deleted after it."""

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

TIMEOUT_S = 30.0


def create_topic(
    bootstrap: str, topic: str, partitions: int, config: Mapping[str, str] | None = None
) -> None:
    """Create ``topic`` with one replica, and wait until every partition has a leader."""
    admin = _admin(bootstrap)
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
    admin.create_topics([new])[topic].result(TIMEOUT_S)
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        found = admin.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        if len(found) == partitions and all(partition.leader >= 0 for partition in found.values()):
            return
        time.sleep(0.05)
    raise TimeoutError(f"topic {topic} has no leaders after {TIMEOUT_S:g} s")


def delete_topics(bootstrap: str, prefix: str, keep: Sequence[str] = ()) -> None:
    """Delete the topics whose names start with ``prefix``, except those in ``keep``, and wait for it."""
    admin = _admin(bootstrap)
    deadline = time.monotonic() + TIMEOUT_S
    while doomed := [
        name
        for name in admin.list_topics(timeout=TIMEOUT_S).topics
        if name.startswith(prefix) and name not in keep
    ]:
        for deleted in admin.delete_topics(doomed).values():
            try:
                deleted.result(TIMEOUT_S)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # already deleted
                    raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"topics {doomed} still exist after {TIMEOUT_S:g} s")
        time.sleep(0.2)


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
