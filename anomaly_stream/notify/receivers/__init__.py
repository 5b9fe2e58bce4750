"""Receivers: each delivers a message, or raises DeliveryError. All are safe to use from several threads."""

from typing import Protocol

from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered


class Receiver(Protocol):
    """Where messages go."""

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Deliver a message. Raises DeliveryError."""
