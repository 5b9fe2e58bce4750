"""What every request passes: limits on its body, headers of the answer, and metrics.

A pure ASGI middleware, because a body must be refused while it arrives, before a route reads it.
"""

import asyncio
import time
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anomaly_stream.api.problems import ProblemError, problem_response
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.settings.api import ApiSettings

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}
_CLOSE = {"Connection": "close"}  # otherwise the server reads the rest of the body, to reuse the connection


class Guard:
    """The middleware.

    Args:
        app: the application.
        settings: the limits.
        large_bodies: by the end of a path, the most bytes of its body, instead of that of the settings. The
            time limit is then one for each part of the body.
        metrics: counts the requests.
    """

    def __init__(
        self, app: ASGIApp, settings: ApiSettings, large_bodies: Mapping[str, int], metrics: ApiMetrics
    ) -> None:
        self._app = app
        self._settings = settings
        self._large_bodies = large_bodies
        self._metrics = metrics
        self._headers = _HEADERS | (_TLS_HEADERS if settings.tls_cert_file else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        large = self._large_limit(scope["path"])
        limit = large or self._settings.max_body_bytes
        body = _LimitedBody(receive, limit, self._settings.body_timeout_s, by_part=large is not None)
        try:
            if _declared_length(scope) > limit:
                refusal = problem_response(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(limit), headers=_CLOSE
                )
                await refusal(scope, receive, answer)
            else:
                await self._app(scope, body, answer)
        finally:
            route = scope.get("route")
            operation = route.name if route is not None else "none"
            self._metrics.observe(operation, status, time.perf_counter() - began)

    def _large_limit(self, path: str) -> int | None:
        return next((limit for end, limit in self._large_bodies.items() if path.endswith(end)), None)


class _LimitedBody:
    """The ``receive`` of a request, which raises ProblemError beyond the limits: 413, 408.

    ``timeout_s`` is for the whole body, or for each part of it.
    """

    def __init__(self, receive: Receive, limit: int, timeout_s: float, by_part: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._timeout_s = timeout_s
        self._by_part = by_part
        self._length = 0
        self._deadline: float | None = None
        self._complete = False

    async def __call__(self) -> Message:
        """The next part."""
        if self._complete:  # only the end of the connection can follow
            return await self._receive()
        loop = asyncio.get_running_loop()
        if self._deadline is None or self._by_part:
            self._deadline = loop.time() + self._timeout_s
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(
                HTTPStatus.REQUEST_TIMEOUT,
                f"The body did not arrive within {self._timeout_s:g} s.",
                headers=_CLOSE,
            ) from None
        if message["type"] == "http.request":
            self._length += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        if self._length > self._limit:
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(self._limit), headers=_CLOSE)
        return message


def _declared_length(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit:,} bytes: the setting api.max_body_bytes limits it."
