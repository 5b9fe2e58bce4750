"""Previews in a task process, so that the event loop answers meanwhile."""

import asyncio
from http import HTTPStatus

from anomaly_stream.api.problems import ProblemError
from anomaly_stream.api.tasks.messages import Failure, PrepareTask, PreviewTask, Result, Task
from anomaly_stream.api.tasks.process import TaskProcess
from anomaly_stream.errors import FieldFault
from anomaly_stream.settings import Settings

_MAX_WAITING = 8
_START_S = 300.0
"""The most seconds until a new process is ready: it may have to compile kernels."""


class Previews:
    """Runs previews one after the other, in a process that is kept and replaced when it takes too long."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: TaskProcess | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def run(self, task: PreviewTask) -> bytes:
        """The preview as JSON.

        Raises:
            ProblemError: 422, what the user sent cannot be used; 503, too many wait, or it takes too long.
        """
        if self._waiting >= _MAX_WAITING:
            raise _busy("Too many previews wait: try again in some seconds.")
        self._waiting += 1
        try:
            async with self._turn:
                if self._process is None or not self._process.is_running:
                    self._process = await TaskProcess.start(self._settings)
                    await self._ask(self._process, PrepareTask(), _START_S)
                return await self._ask(self._process, task, self._settings.api.preview_timeout_s)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            await self._process.kill()

    async def _ask(self, process: TaskProcess, task: Task, limit_s: float) -> bytes:
        """The result of a task within the limit, in seconds."""
        try:
            async with asyncio.timeout(limit_s):
                async for reply in process.run(task):
                    if isinstance(reply, Result):
                        return bytes(reply.body)
                    if isinstance(reply, Failure):
                        raise _refused(reply)
        except TimeoutError:
            await self.close()
            raise _busy(
                f"The preview took longer than {limit_s:g} s: send fewer observations, or read a shorter "
                "past."
            ) from None
        except asyncio.CancelledError:  # the process would answer the next request with this reply
            await self.close()
            raise
        raise AssertionError("a task ends with a reply")


def _busy(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "5"})


def _refused(failure: Failure) -> ProblemError:
    if failure.is_unexpected:
        return _busy(failure.detail)
    faults = [FieldFault(field, message) for field, message in failure.faults]
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, failure.detail, faults)
