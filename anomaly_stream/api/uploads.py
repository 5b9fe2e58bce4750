"""Bodies of requests that are larger than a document: read in parts, up to a limit."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from fastapi import Request

from anomaly_stream.api.problems import ProblemError

_CHUNK_BYTES = 1 << 20


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of JSON. Raises ProblemError: 413 above ``limit`` bytes, 415 if it is not sent as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body is {media_type or 'of no declared type'}: send JSON, "
            "with the header Content-Type: application/json.",
        )
    return b"".join([chunk async for chunk in _chunks(request, limit)])


async def spool(request: Request, directory: Path, limit: int) -> BinaryIO:
    """The body as a file without a name, which vanishes with the last process that holds it.

    Raises ProblemError: 413 above ``limit`` bytes.
    """
    await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    file: BinaryIO = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115
    try:
        held, size = [], 0
        async for chunk in _chunks(request, limit):
            held.append(chunk)
            size += len(chunk)
            if size >= _CHUNK_BYTES:
                await asyncio.to_thread(file.write, b"".join(held))
                held, size = [], 0
        await asyncio.to_thread(file.write, b"".join(held))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def _chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "")
    received = int(declared) if declared.isdecimal() else 0
    if received > limit:
        raise _too_large(limit)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {limit:,} bytes: send it in parts."
    )
