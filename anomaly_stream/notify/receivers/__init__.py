"""Receivers: each delivers a message, or raises DeliveryError."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered, Templates


class Receiver(Protocol):
    """Where messages go."""

    async def deliver(self, message: Message, rendered: Rendered) -> None:
        """Deliver a message. Raises DeliveryError, SettingsError."""


async def attempt(receiver: Receiver, message: Message, templates: Templates) -> DeliveryError | None:
    """Deliver a message; why it failed, or None. The reason holds no secret, whatever was raised."""
    try:
        await receiver.deliver(message, templates.render(message))
    except DeliveryError as error:
        return error
    except SettingsError as error:
        return DeliveryError(str(error))
    except Exception as error:  # its text may hold a secret
        return DeliveryError(f"unexpected {type(error).__name__}")
    return None


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
