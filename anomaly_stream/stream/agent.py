"""The Faust agent that receives fetched items, and the task that processes them."""

from typing import Any

from mode.utils.logging import get_logger

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.stream.slices import SliceProcessor

logger = get_logger(__name__)


async def follow_stream(slices: SliceProcessor, stream: Any) -> None:
    """Put what was fetched into the inbox; an event carries all items of one fetch."""
    async for event in stream.noack().events():
        await slices.inbox.put(event.message.value)
        event.ack()


async def process_items(slices: SliceProcessor, app: Any) -> None:
    """Process the items of the inbox. Any exception crashes the app."""
    try:
        await slices.run()
    except AnomalyStreamError as error:
        logger.error("The worker stops: %s", error)
        await app.crash(error)
    except Exception as error:
        logger.exception("The worker stops: unexpected %r", error)
        await app.crash(error)
