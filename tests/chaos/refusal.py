"""A topic on which the broker refuses records."""

import contextlib
from collections.abc import Iterator

from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

_TIMEOUT_S = 20
#: Large enough for a transaction marker: Kafka cannot complete a transaction whose marker is refused.
_MOST_BYTES = 160


@contextlib.contextmanager
def refusing(bootstrap: str, topic: str) -> Iterator[None]:
    """In this context, the topic refuses all but tiny record batches."""
    _set_limit(bootstrap, topic, AlterConfigOpType.SET, str(_MOST_BYTES))
    try:
        yield
    finally:
        _set_limit(bootstrap, topic, AlterConfigOpType.DELETE, None)


def _set_limit(bootstrap: str, topic: str, operation: AlterConfigOpType, value: str | None) -> None:
    entry = ConfigEntry("max.message.bytes", value, incremental_operation=operation)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for future in admin.incremental_alter_configs([resource], request_timeout=_TIMEOUT_S).values():
        future.result(timeout=_TIMEOUT_S)
