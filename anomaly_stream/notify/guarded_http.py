"""HTTP to receivers: no redirects, no proxies, and no requests to addresses of this host or its cloud."""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import aiohttp

from anomaly_stream.notify.addresses import Network, refusal_of
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.redaction import Redaction

_FINAL = frozenset({400, 413, 415, 422})
_MOST_READ = 65_536
_MOST_SHOWN = 1_000
_PUBLIC = frozenset({"content-type", "user-agent", "idempotency-key"})
"""Headers whose values an answer may repeat."""


class Guard:
    """Refuses addresses that a receiver cannot have: loopback, link-local, metadata services, multicast.

    Args:
        allowed: networks that are accepted anyway.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self.allowed = allowed

    def check_address(self, text: str) -> None:
        """Raises DeliveryError if an address, as ``getaddrinfo`` gives it, is refused."""
        refusal = refusal_of(ipaddress.ip_address(text.partition("%")[0]), self.allowed)
        if refusal is not None:
            raise DeliveryError(refusal)

    def open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for a connection to this address. Raises DeliveryError if the address is refused."""
        family, kind, protocol, _, address = info
        self.check_address(str(address[0]))
        return socket.socket(family, kind, protocol)


class GuardedClient:
    """Posts to receivers, and keeps connections open. An asynchronous context manager.

    Every address is checked when its connection is made, after the name is resolved; TLS verifies the name.

    Args:
        guard: checks the addresses.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    async def post(self, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> None:
        """POST a body. Raises DeliveryError unless the answer is 2xx. The reason holds no part of the URL."""
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                read = b""
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):  # the status is the answer
                    read = await answer.content.read(_MOST_READ)  # an unread body ends the connection
        except TimeoutError:
            raise DeliveryError(f"no answer within {timeout_s:g} s") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise DeliveryError(f"the request failed ({_reason_of(error)})") from None
        if not 200 <= answer.status < 300:
            after = answer.headers.get("retry-after", "")
            hint = ": redirects are not followed" if 300 <= answer.status < 400 else ""
            raise DeliveryError(
                f"HTTP status {answer.status}{hint}",
                is_final=answer.status in _FINAL,
                retry_after_s=float(after) if after.isdecimal() and len(after) < 8 else 0.0,
                answer=_shown(read, url, headers),
            )

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # the queue of each receiver limits its requests
            happy_eyeballs_delay=None,  # which would lose the guard's exception
            socket_factory=self.guard.open_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()


def _shown(answer: bytes, url: str, headers: dict[str, str]) -> str:
    """The beginning of an answer, without what it repeats of the request."""
    secrets = [value for name, value in headers.items() if name not in _PUBLIC]
    return Redaction([url.partition("://")[2], *secrets]).of(answer[:_MOST_SHOWN].decode(errors="replace"))


def _reason_of(error: Exception) -> str:
    """What happened, without the URL: texts of errors hold parts of it."""
    kind = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"{kind}: the name of the host is not found"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"{kind}: the certificate of the host is not valid"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"{kind}: the server does not speak TLS at this port, or no version of it that is accepted"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return f"{kind}: {os.strerror(error.errno)}"
    return kind
