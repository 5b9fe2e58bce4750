"""Receivers: each delivers a message, or raises DeliveryError."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered


class Receiver(Protocol):
    """Where messages go."""

    async def deliver(self, message: Message, rendered: Rendered) -> None:
        """Deliver a message. Raises DeliveryError, SettingsError."""


class BlockingReceiver(Protocol):
    """A receiver whose library blocks; it is safe to use from several threads."""

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Deliver a message. Raises DeliveryError, SettingsError."""


class InThreads:
    """A blocking receiver in threads of its own.

    Args:
        receiver: delivers the messages.
        concurrency: maximum number of threads.
    """

    def __init__(self, receiver: BlockingReceiver, concurrency: int) -> None:
        self._receiver = receiver
        self._pool = ThreadPoolExecutor(concurrency)

    async def deliver(self, message: Message, rendered: Rendered) -> None:
        """Deliver a message. Raises DeliveryError, SettingsError."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, self._receiver.deliver, message, rendered)
