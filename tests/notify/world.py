"""Events, routing files and a webhook for tests of notifications."""

import ipaddress
import json
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import PastValue
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.routing_file import Routing, load_routing
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.surroundings import Surroundings
from tests.history.messages import NOW, alert_event

ROUTING = """\
route:
  receiver: team
  group_by: [host]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - matchers: ['severity = severe']
      receiver: pager
      continue: true
    - matchers: ['owner =~ "pay.*"']
      receiver: team
receivers:
  - name: team
    webhook: {url: "http://hooks.example.com/team"}
  - name: pager
    webhook: {url: "http://hooks.example.com/pager"}
"""


LOOPBACK = Surroundings((ipaddress.ip_network("127.0.0.0/8"),))
"""Receivers may be on this host."""


def routing(tmp_path: Path, text: str = ROUTING, surroundings: Surroundings = LOOPBACK) -> Routing:
    path = tmp_path / "routing.yaml"
    path.write_text(text)
    return load_routing(path, surroundings)


def event(alert: str, status: str = "firing", **changes: Any) -> AlertEvent:
    number = ("firing", "updated", "reminder", "resolved").index(status) + 1
    changes = {"labels": {"host": "web-1"}, "severity": "minor", "sequence": number, **changes}
    return decode_alert(alert_event(alert, status, **changes))


def message(*events: AlertEvent, before: AlertEvent | None = None) -> Message:
    """A message about one alert."""
    news = (AlertNews(before, events),)
    return Message(events[-1].event_id, "g", "team", {}, NOW, False, 1, news)


def without_pictures() -> Pictures:
    """No series has values."""
    return Pictures(lambda event: [])


def with_pictures(points: Sequence[tuple[float, float]] = ((NOW - 60, 1.0), (NOW, 2.0))) -> Pictures:
    """Each series has these values."""
    return Pictures(lambda event: [PastValue(*point) for point in points])


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a client that is killed resets its connections."""


class Hook:
    """A webhook that answers by ``answer(number of the request)``, and keeps what it accepted."""

    def __init__(self, answer: Callable[[int], int] = lambda number: 200) -> None:
        self.answer = answer
        self.accepted: list[tuple[dict[str, str], bytes]] = []
        self.requests = 0
        self.connections = 0
        lock = threading.Lock()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                hook.connections += 1
                super().setup()

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the client was killed
                    return
                with lock:
                    hook.requests += 1
                    status = hook.answer(hook.requests)
                    if status == 200:
                        hook.accepted.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("content-length", "0")
                if status == 302:
                    self.send_header("location", hook.url)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in list(self.accepted)]

    def wait_for(self, count: int, timeout_s: float = 20.0) -> None:
        """Wait until this many requests are accepted."""
        deadline = time.monotonic() + timeout_s
        while len(self.accepted) < count:
            assert time.monotonic() < deadline, f"{len(self.accepted)} of {count} requests in {timeout_s} s"
            time.sleep(0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
