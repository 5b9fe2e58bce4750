"""A task process as its API process sees it."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Self

from anomaly_stream.api.tasks.messages import (
    LENGTH_BYTES,
    Failure,
    Progress,
    Reply,
    Task,
    decode_reply,
    encode,
    encode_settings,
    framed,
)
from anomaly_stream.settings import Settings

MODULE = "anomaly_stream.apps.api_task"
"""The program of a task process."""
_ENDED = Failure(
    "The process of this task ended unexpectedly: try again. The log of the server may have the reason.",
    is_unexpected=True,
)


class TaskProcess:
    """One child process. It ends when its standard input is closed: also if this process is killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, settings: Settings, files: Sequence[int] = ()) -> Self:
        """Start a process that inherits the descriptors ``files``. Settings go through its pipe only."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=tuple(files),
        )
        task = cls(process)
        await task._send(encode_settings(settings))
        return task

    @property
    def is_running(self) -> bool:
        """Whether it can take a request."""
        return self._process.returncode is None

    async def run(self, task: Task) -> AsyncIterator[Reply]:
        """The replies to a request; the last one is no ``Progress``."""
        await self._send(encode(task))
        while True:
            reply = await self._receive()
            yield reply
            if not isinstance(reply, Progress):
                return

    async def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _send(self, content: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the reply says that it ended
            self._process.stdin.write(framed(content))
            await self._process.stdin.drain()

    async def _receive(self) -> Reply:
        assert self._process.stdout is not None
        try:
            length = await self._process.stdout.readexactly(LENGTH_BYTES)
            content = await self._process.stdout.readexactly(int.from_bytes(length, "big"))
        except asyncio.IncompleteReadError:
            await self.kill()
            return _ENDED
        reply: Reply = decode_reply(content)
        return reply
