"""Which broker a run gets.

``KAFKA_BOOTSTRAP_SERVERS`` where it is set; else Apache Kafka from Maven artefacts, else from Docker,
else the embedded one. ``ANOMALY_STREAM_TEST_BROKER`` (``apache``, ``docker`` or ``embedded``) allows just
one kind.
"""

import os
from collections.abc import Callable, Iterator

from tests.brokers.apache import ApacheKafka
from tests.brokers.broker import Broker, GivenBroker, NoBrokerError
from tests.brokers.docker import DockerKafka
from tests.brokers.embedded import EmbeddedBroker

KINDS: dict[str, Callable[[int | None], Broker]] = {
    "apache": ApacheKafka,
    "docker": DockerKafka,
    "embedded": EmbeddedBroker,
}


def start_broker(port: int | None = None) -> tuple[Broker, list[str]]:
    """Start the best available broker.

    Returns it with one line for every better kind that could not be had, and why. Raises NoBrokerError
    where none could; a broker named by ``KAFKA_BOOTSTRAP_SERVERS`` that does not answer is never replaced.
    """
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return GivenBroker(given).start(), []
    refused: list[str] = []
    for name, kind in _allowed_kinds():
        try:
            return kind(port).__enter__(), refused
        except NoBrokerError as error:
            refused.append(f"{name}: {error}")
    raise NoBrokerError("no broker can be started:\n" + "\n".join(refused))


def _allowed_kinds() -> Iterator[tuple[str, Callable[[int | None], Broker]]]:
    only = os.environ.get("ANOMALY_STREAM_TEST_BROKER")
    if only is not None and only not in KINDS:
        raise NoBrokerError(f"ANOMALY_STREAM_TEST_BROKER is {only!r}; it may be one of {', '.join(KINDS)}")
    return ((name, kind) for name, kind in KINDS.items() if only in (None, name))
