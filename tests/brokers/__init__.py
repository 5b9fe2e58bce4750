"""Brokers that tests, benchmarks and ``make kafka`` start and stop themselves.

Reading order: :mod:`~tests.brokers.broker` (what every broker can do), :mod:`~tests.brokers.apache`
(Apache Kafka from its Maven artefacts), :mod:`~tests.brokers.docker`, :mod:`~tests.brokers.embedded`,
:mod:`~tests.brokers.choice` (which of them a run gets).
"""

from tests.brokers.apache import ApacheKafka
from tests.brokers.broker import Broker, NoBrokerError
from tests.brokers.choice import start_broker
from tests.brokers.docker import DockerKafka
from tests.brokers.embedded import EmbeddedBroker

__all__ = ["ApacheKafka", "Broker", "DockerKafka", "EmbeddedBroker", "NoBrokerError", "start_broker"]
