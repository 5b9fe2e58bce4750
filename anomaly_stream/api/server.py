"""The HTTP server: uvicorn, with a deadline for the header of a request.

uvicorn closes a connection that is idle between requests, but waits without limit for a header that has
begun. So a client that sends a byte now and then would keep its connection (slow loris).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from anomaly_stream.errors import SettingsError
from anomaly_stream.settings.api import ApiSettings
from anomaly_stream.settings.section import used_file

logger = logging.getLogger(__name__)

_KEEP_ALIVE_S = 15
_SHUTDOWN_S = 10
_HEADER_BYTES = 32_768


def server_of(
    app: ASGIApp, settings: ApiSettings, on_stop: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """The server of ``app``. ``on_stop`` is called when it stops, and should end answers without an end.

    Raises:
        SettingsError: certificate or key is missing or cannot be used.
    """
    for path, setting in (
        (settings.tls_cert_file, "api.tls_cert_file"),
        (settings.tls_key_file, "api.tls_key_file"),
    ):
        if path is not None:
            used_file(path, setting)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=_protocol(settings.header_timeout_s),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        limit_concurrency=settings.max_connections,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
    )
    try:
        config.load()
    except ssl.SSLError as error:
        raise SettingsError(
            f"api.tls_cert_file {settings.tls_cert_file} and api.tls_key_file {settings.tls_key_file} cannot"
            f" be used: {error.reason or error}. Both must be PEM, and the key that of the certificate"
        ) from None
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return _Server(config, on_stop)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for each in server.sockets:
                scheme, (host, port) = "https" if self.config.is_ssl else "http", each.getsockname()[:2]
                logger.info("Serving %s://%s:%d; see /docs", scheme, host, port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def _protocol(header_timeout_s: float) -> type[H11Protocol]:
    """uvicorn's protocol, which closes a connection whose header is not complete in time."""

    class Protocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._expect_header()

        def data_received(self, data: bytes) -> None:
            if self._deadline is None and self.cycle is not None and self.cycle.response_complete:
                self._expect_header()
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._have_header()

        def connection_lost(self, exc: Exception | None) -> None:
            self._have_header()
            super().connection_lost(exc)

        def _expect_header(self) -> None:
            self._deadline = self.loop.call_later(header_timeout_s, self._give_up)

        def _have_header(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            self._deadline = None
            if not self.transport.is_closing():
                self.transport.close()

    return Protocol
