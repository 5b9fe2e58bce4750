"""Clients that are slow or send too much, on a real server: it goes on answering others."""

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.served import Served

MEGABYTE = b" " * 1_000_000


def connect(served: Served, text: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", served.port), 5)
    connection.sendall(text)
    return connection


def answers(served: Served) -> bool:
    url = f"{served.url}/v1/configs"
    return httpx.get(url, headers=served.headers, timeout=2).status_code == 200


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served(header_timeout_s="0.5", body_timeout_s="1", max_connections="50", max_body_bytes="100000")
    yield made
    made.stop()


def closed_within(connection: socket.socket, seconds: float) -> bytes:
    """What the server sent until it closed the connection."""
    connection.settimeout(seconds)
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def test_a_header_that_does_not_come_closes_the_connection(served: Served) -> None:
    silent = [connect(served) for _ in range(20)]
    slow = [connect(served, b"GET /v1/configs HTTP/1.1\r\nHost: x\r\nX-a:") for _ in range(20)]
    assert answers(served)
    with contextlib.suppress(OSError):  # until the server closes the connection
        for _ in range(20):
            slow[0].sendall(b"a")
            time.sleep(0.1)
    for connection in (*silent, *slow[1:]):
        assert closed_within(connection, 2) == b""
    assert answers(served)


def test_the_deadline_holds_for_the_second_request_of_a_connection(served: Served) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    connection = connect(served)
    for _ in range(2):
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65536)
        assert b"200 OK" in answer
        time.sleep(0.7)  # idle between requests is allowed for longer
    connection.sendall(b"GET /livez HTTP/1.1\r\nX-a:")
    began = time.monotonic()
    assert closed_within(connection, 3) == b""
    assert time.monotonic() - began < 2


def test_a_body_that_does_not_come_is_answered(served: Served) -> None:
    token = served.headers["Authorization"].encode()
    head = b"POST /v1/configs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n"
    slow = [connect(served, head + b"Authorization: " + token + b"\r\n\r\n{") for _ in range(20)]
    assert answers(served)
    assert all(b"408 Request Timeout" in closed_within(connection, 5) for connection in slow)


def test_a_body_of_100_mb_is_not_read(served: Served) -> None:
    headers = served.headers | {"Content-Type": "application/json"}
    url = f"{served.url}/v1/configs"
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += len(MEGABYTE)
            yield MEGABYTE

    for extra in ({}, {"Content-Length": str(100 * len(MEGABYTE))}):  # chunked, declared
        sent = 0
        try:
            answer = httpx.post(url, content=parts(), headers=headers | extra, timeout=10)
        except (
            httpx.WriteError,
            httpx.ReadError,
        ):  # the server has closed the connection before the client read its answer
            pass
        else:
            assert answer.status_code == 413
            assert answer.headers["Content-Type"] == "application/problem+json"
        assert sent < 50 * len(MEGABYTE)
        assert answers(served)


def test_too_many_connections_are_refused_and_not_queued(served: Served) -> None:
    held = [connect(served) for _ in range(60)]
    answer = closed_within(connect(served, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 3)
    assert b"503" in answer
    for connection in held:
        connection.close()
    time.sleep(0.8)
    assert answers(served)


def test_a_header_that_is_too_long(served: Served) -> None:
    connection = connect(served, b"GET /livez HTTP/1.1\r\nX-a: " + b"a" * 70_000)
    assert b"400" in closed_within(connection, 3)
    assert answers(served)
