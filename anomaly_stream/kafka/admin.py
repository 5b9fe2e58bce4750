"""The admin client, and what comes of its futures."""

from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from anomaly_stream.settings import Settings

TIMEOUT_S = 15.0


def admin_client(settings: Settings) -> AdminClient:
    """A client, to be kept by name: its futures fail when it is collected."""
    # The library's own log goes to stderr; what fails is raised by who asks instead.
    return AdminClient({**settings.kafka.client_options(), "log_level": 0})


def error_of(future: "Future[Any]") -> Any:
    """The KafkaError that ``future`` ended with; None where it succeeded."""
    raised = future.exception(timeout=TIMEOUT_S + 5)
    return raised.args[0] if isinstance(raised, KafkaException) else raised
