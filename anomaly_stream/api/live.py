"""Live alerts as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.history.judgements import annotated
from anomaly_stream.kafka.alerts_feed import Latest, LiveEvent
from anomaly_stream.model import AlertEvent

HEARTBEAT_S = 15.0
"""Seconds between two heartbeats of a stream."""

_POLL_S = 0.1
_MISSED = b"event: missed\ndata: events before the next one are no longer kept here: read /v1/alerts\n\n"


class Feed(Protocol):
    """The latest alert events."""

    @property
    def fault(self) -> str | None:
        """Why it stands still; None if it does not."""

    def now(self) -> tuple[int, Mapping[int, int]]:
        """The number of the next event, and the next offset of each partition."""

    def since(self, positions: Mapping[int, int]) -> Latest:
        """The events that are kept, from ``positions`` on."""

    def after(self, number: int) -> Latest:
        """The events from this number on."""


class LiveAlerts:
    """The streams of this process.

    Args:
        feed: where events come from.
        limit: the most streams at a time.
    """

    def __init__(self, feed: Feed, limit: int) -> None:
        self._feed = feed
        self._limit = limit
        self._open = 0
        self._closed = False

    def close(self) -> None:
        """End all streams: the server stops."""
        self._closed = True

    def open(
        self,
        readmit: Callable[[], Caller],
        accepts: Callable[[AlertEvent], bool],
        last_event_id: str | None,
    ) -> AsyncIterator[bytes]:
        """A stream of the events that the caller may see and ``accepts``.

        Args:
            readmit: authenticates the caller again; it is called at every heartbeat, and the stream ends if
                it raises ProblemError.
            accepts: which events are wanted.
            last_event_id: of the last event that the client has received; None: from now on.

        Raises:
            ProblemError: 422, the id is not one of a stream; 503, there are too many streams, or the topic
                is not read.
        """
        positions = None if last_event_id is None else _positions(last_event_id)
        caller = readmit()
        if self._open >= self._limit:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"This server has {self._limit} live streams already (api.live_streams): try again later.",
                headers={"Retry-After": "30"},
            )
        if self._feed.fault is not None:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The alerts topic is not read now: try again. The log of the server has the reason.",
                headers={"Retry-After": "5"},
            )
        return self._stream(caller, readmit, accepts, positions)

    async def _stream(
        self,
        caller: Caller,
        readmit: Callable[[], Caller],
        accepts: Callable[[AlertEvent], bool],
        positions: Mapping[int, int] | None,
    ) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            number, at = self._feed.now()
            latest = Latest([], number, False) if positions is None else self._feed.since(positions)
            given = at if positions is None else positions
            reached = {number: min(end, given.get(number, 0)) for number, end in at.items()}
            yield _heartbeat(reached, self._feed.fault)
            loop = asyncio.get_running_loop()
            next_beat = loop.time() + HEARTBEAT_S
            while not self._closed:
                if latest.missed:
                    yield _MISSED
                for each in latest.events:
                    reached[each.partition] = each.offset + 1
                    if caller.may_read(each.event.owner) and accepts(each.event):
                        yield _message(each, reached)
                if loop.time() >= next_beat:
                    next_beat = loop.time() + HEARTBEAT_S
                    try:
                        caller = await run_in_threadpool(readmit)
                    except ProblemError as refusal:
                        if refusal.status != HTTPStatus.TOO_MANY_REQUESTS:
                            return
                    yield _heartbeat(reached, self._feed.fault)
                await asyncio.sleep(_POLL_S)
                latest = self._feed.after(latest.next)
        finally:
            self._open -= 1


def _message(live: LiveEvent, reached: Mapping[int, int]) -> bytes:
    silences = "[" + ",".join(f'"{each}"' for each in live.suppressed_by) + "]"
    lines = annotated(live.body.decode(), silences).splitlines()
    data = "".join(f"data: {line}\n" for line in lines)
    return f"id: {_id(reached)}\nevent: alert\n{data}\n".encode()


def _heartbeat(reached: Mapping[int, int], fault: str | None) -> bytes:
    """A comment, and an id without an event: a client resumes from it."""
    comment = "" if fault is None else " alerts are not read now; the log of the server says why"
    return f":{comment}\nid: {_id(reached)}\n\n".encode()


def _id(positions: Mapping[int, int]) -> str:
    return ",".join(f"{number}:{offset}" for number, offset in sorted(positions.items()))


def _positions(event_id: str) -> dict[int, int]:
    """The inverse of ``_id``. Raises ProblemError (422)."""
    try:
        pairs = [part.split(":") for part in event_id.split(",") if part]
        found = {int(number): int(offset) for number, offset in pairs}
    except ValueError:
        found = {-1: 0}
    if any(number < 0 or offset < 0 for number, offset in found.items()):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Last-Event-ID is not one that this API gave: begin without.",
        )
    return found
