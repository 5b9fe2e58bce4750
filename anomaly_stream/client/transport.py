"""Requests, with repetitions where they are safe, and answers that are errors as exceptions."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, TypeVar

import httpx
import msgspec

from anomaly_stream.client.answers import Page, Problem, Warned
from anomaly_stream.client.failures import ApiError, UnreachableError, failure_of
from anomaly_stream.errors import FieldFault

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
OneOrMore = str | Sequence[str]
"""A value of a filter, or several."""
Query = Mapping[str, OneOrMore | int | bool | None]
"""Parameters by name; those that are None are left out, and of several values each is sent."""

_PAGE_ITEMS = 1000
_TEMPORARY = frozenset({429, 502, 503, 504})
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 30.0


class Transport:
    """Sends requests to one API.

    A request is repeated, up to ``retries`` times, if it failed on the way or the API asks to wait. One that
    changes something and has no idempotency key is repeated only if the API cannot have carried it out.

    Args:
        url: of the API, without ``/v1``.
        token: the bearer token; None for an API without authentication.
        timeout_s: how long an answer may take.
        retries: how often a request is repeated.
        transport: of httpx; for tests.
        on_warning: receives the warnings of lists.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        timeout_s: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        on_warning: Callable[[str], None] = logger.warning,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._retries = retries
        self._on_warning = on_warning
        try:
            self._http = httpx.Client(
                base_url=url.rstrip("/") + "/v1", headers=headers, timeout=timeout_s, transport=transport
            )
        except httpx.InvalidURL as error:
            raise ApiError(f"{url!r} is not the address of an API: {error}") from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        answer: type[Answer],
        method: str,
        path: str,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: BinaryIO | None = None,
    ) -> tuple[Answer, str]:
        """The decoded answer, and its ETag. Raises ApiError."""
        response = self.send(method, path, query=query, headers=headers, json=json, content=content)
        try:
            return msgspec.json.decode(response.content, type=answer), response.headers.get("etag", "")
        except msgspec.DecodeError as error:
            raise ApiError(
                f"{self._url} does not answer as an anomaly-stream API does: {error}", response.status_code
            ) from None

    def listed(self, item: type[Answer], path: str, query: Query) -> Iterator[Answer]:
        """All items of a list, which the API answers in pages. Raises ApiError."""
        cursor: str | None = None
        while True:
            asked = {**query, "limit": _PAGE_ITEMS, "cursor": cursor}
            page, _ = self.ask(Page[item], "GET", path, query=asked)  # type: ignore[valid-type]
            self.warn(page.warnings)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def warn(self, warnings: Iterable[Warned]) -> None:
        """Pass on the warnings of a list."""
        for each in warnings:
            self._on_warning(str(each))

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: BinaryIO | None = None,
    ) -> httpx.Response:
        """The answer, which is not an error. ``content`` is streamed, and sent once. Raises ApiError."""
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        body: dict[str, Any] = {"content": content} if content is not None else {}
        if json is not None:
            body = {"content": msgspec.json.encode(json)}
        sent = {"Content-Type": "application/json", **(headers or {})}
        is_safe = method == "GET" or "Idempotency-Key" in sent
        retries = self._retries if content is None else 0
        for attempt in range(retries + 1):
            is_last = attempt == retries
            try:
                response = self._http.request(method, path, params=parameters, headers=sent, **body)
            except httpx.TransportError as error:
                may_repeat = is_safe or isinstance(error, httpx.ConnectError)
                if is_last or not may_repeat or isinstance(error, httpx.UnsupportedProtocol):
                    raise UnreachableError(self._unreachable(error)) from None
                time.sleep(_wait_s(attempt))
                continue
            if response.is_success:
                return response
            may_repeat = is_safe or response.status_code == 429
            if is_last or response.status_code not in _TEMPORARY or not may_repeat:
                raise self._failure(response)
            time.sleep(_wait_s(attempt, response.headers.get("retry-after")))
        raise AssertionError("the last attempt returns or raises")

    def _unreachable(self, error: httpx.TransportError) -> str:
        if isinstance(error, httpx.UnsupportedProtocol):
            return f"{self._url!r} is not an address: write http://HOST:PORT or https://HOST"
        if isinstance(error, httpx.TimeoutException):
            return f"the API at {self._url} did not answer in time"
        return f"the API at {self._url} cannot be reached: {error}"

    def _failure(self, response: httpx.Response) -> ApiError:
        try:
            problem = msgspec.json.decode(response.content, type=Problem)
        except msgspec.DecodeError:
            problem = Problem()
        status = response.status_code
        detail = problem.detail or f"{self._url} answered {status} {response.reason_phrase}"
        return failure_of(status, detail, [FieldFault(one.field, one.message) for one in problem.errors])


def _wait_s(attempt: int, retry_after: str | None = None) -> float:
    """Seconds until the next attempt."""
    if retry_after is not None and retry_after.isdecimal():
        return min(float(retry_after), _LONGEST_WAIT_S)
    return float(min(_FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1.0), _LONGEST_WAIT_S))
