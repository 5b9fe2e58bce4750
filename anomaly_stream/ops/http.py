"""HTTP for operators: metrics for Prometheus and health for supervisors, on one port."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.ops.health import Answer, Health

logger = logging.getLogger(__name__)

_CLIENT_TIMEOUT_S = 10.0
_JSON = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


def serve(
    host: str, port: int, registry: CollectorRegistry, health: Health, setting: str = "metrics.port"
) -> int:
    """Serve ``/metrics``, ``/livez`` and ``/readyz`` from a thread until the process ends; returns the port.

    The event loop is not involved, so that a blocked loop can be reported. ``setting`` is the port's, for
    errors.

    Raises:
        AnomalyStreamError: the address cannot be used.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        kind = type("_Server", (_Server,), {"address_family": family})
        server: WSGIServer = make_server(host, port, application(registry, health), kind, _Handler)
    except OSError as error:
        reason = error.strerror or str(error)
        raise AnomalyStreamError(
            f"metrics and health cannot be served on {host}:{port}: {reason}; set metrics.host and {setting}"
        ) from None
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    logger.info("Metrics and health are at http://%s:%d/metrics", host, server.server_port)
    return int(server.server_port)


def application(registry: CollectorRegistry, health: Health) -> Callable[..., Iterable[bytes]]:
    """The WSGI application. Health is 200 or 503 with ``{"status": ..., "reason": ...}``."""
    metrics = make_wsgi_app(registry)
    checks = {"/livez": health.live, "/readyz": health.ready}

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in checks:
            return _respond(checks[path](), start_response)
        if path == "/metrics":
            found: Iterable[bytes] = metrics(environ, start_response)
            return found
        start_response("404 Not Found", list(_JSON))
        return [b'{"status":"not found","reason":"there are /metrics, /livez and /readyz"}\n']

    return answer


def _respond(answer: Answer, start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK" if answer.ok else "503 Service Unavailable", list(_JSON))
    body = {"status": "ok" if answer.ok else "failing", "reason": answer.reason}
    return [json.dumps(body).encode() + b"\n"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = _CLIENT_TIMEOUT_S

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: requests arrive every few seconds."""
