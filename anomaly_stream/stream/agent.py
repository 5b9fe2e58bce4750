"""The Faust agent that receives fetched items, and the task that processes them."""

from typing import Any

from mode.utils.logging import get_logger

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.stream.slices import SliceProcessor

logger = get_logger(__name__)


def attach_agent(app: Any, slices: SliceProcessor, topics: list[str]) -> None:
    """Register the agent of these topics and the task with the app."""

    @app.agent(app.source_topic(topics), name="observations")  # type: ignore[untyped-decorator]
    async def observations(stream: Any) -> None:
        async for event in stream.noack().events():
            await slices.inbox.put(event.message.value)  # all items of one fetch
            event.ack()

    @app.task  # type: ignore[untyped-decorator]
    async def processing() -> None:
        await process_items(slices, app)


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
