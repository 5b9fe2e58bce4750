"""The body of the Faust agent that feeds the worker."""

from typing import Any

from mode.utils.logging import get_logger

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.stream.worker import StreamWorker

logger = get_logger(__name__)


async def follow_stream(worker: StreamWorker, app: Any, stream: Any) -> None:
    """Each event is one fetched item. Anything unexpected crashes the worker.

    Left to Faust, an exception would lose the event and go on.
    """
    async for event in stream.noack().events():
        try:
            await worker.process(event.message.value)
        except AnomalyStreamError as error:
            logger.error("Worker stops: %s", error)
            await app.crash(error)
        except Exception as error:
            logger.exception("Worker stops: unexpected %r", error)
            await app.crash(error)
        event.ack()
