"""The admin client, and the errors of its futures."""

from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.settings import Settings

EMBEDDED_CLUSTER_ID = "anomaly-stream-embedded"
"""The id of the cluster that ``kafka.embedded`` runs."""


def admin_client(settings: Settings, faults: ConnectionFaults | None = None) -> AdminClient:
    """An admin client. Keep a reference to it: its futures fail once it is garbage collected.

    ``faults`` receives what fails when the client connects.
    """
    reported = {} if faults is None else faults.options()
    return AdminClient({**settings.kafka.client_options(), **reported})


def is_embedded(settings: Settings) -> bool:
    """Whether the broker of ``settings`` is an embedded one, in whatever process. Raises BrokerError."""
    try:
        return bool(admin_client(settings).list_topics(timeout=TIMEOUT_S).cluster_id == EMBEDDED_CLUSTER_ID)
    except KafkaException as error:
        raise BrokerError(f"Kafka does not answer: {error.args[0].str()}") from None


def error_of(future: "Future[Any]") -> Any:
    """The KafkaError of ``future``; None if it succeeded."""
    raised = future.exception(timeout=TIMEOUT_S + 5)
    return raised.args[0] if isinstance(raised, KafkaException) else raised
