"""The body of the Faust agent that feeds the worker."""

from typing import Any

from mode.utils.logging import get_logger

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.stream.worker import StreamWorker

logger = get_logger(__name__)


async def follow_stream(worker: StreamWorker, app: Any, stream: Any) -> None:
    """Process each event, which is one fetched item. Any exception crashes the worker.

    Faust would drop the event of an exception and continue.
    """
    async for event in stream.noack().events():
        try:
            await worker.process(event.message.value)
        except AnomalyStreamError as error:
            logger.error("The worker stops: %s", error)
            await app.crash(error)
        except Exception as error:
            logger.exception("The worker stops: unexpected %r", error)
            await app.crash(error)
        event.ack()
